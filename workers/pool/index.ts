export { AsyncPool, type AsyncPoolOptions } from './async-pool';
export { type AutoscaleRange, Autoscaler, type AutoscalerOptions } from './autoscaler';
export { RoutedExecutor, type RoutedExecutorDeps } from './routed-executor';
export { ThreadExecutor } from './thread-executor';
export { ThreadPool, type ThreadPoolOptions } from './thread-pool';
export { EventLoopPool, type PoolTimeouts, type WorkerPool, WorkerThreads } from './worker-pool';
