export { scheduleRoutes } from './routes';
export { ScheduleRunner, type ScheduleRunnerDeps } from './runner';
export { readStored, type Schedule, type ScheduleProgress, type Stored } from './schedule';
export { type BookLog, ScheduleBook } from './schedule-book';
export { ScheduleService, type ScheduleServiceDeps } from './service';
export { TickFiring } from './tick-firing';
export { planTick, type TickPlan } from './tick-plan';
export { tickTaskId } from './tick-task-id';
export { timingOf } from './timing';
