export { type BrokerRoutes, brokerPath, brokerPaths } from './broker-paths';
export { brokerKeys, onlyKeys } from './key-guard';
export { brokerRoutes } from './routes';
export { BrokersService, type ServedBroker } from './service';
