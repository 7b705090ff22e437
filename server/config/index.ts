export { checkedManagementUrl } from './direct-settings';
export { DEFAULT_BROKER, type FurtherBroker, loadFurtherBrokers } from './further-brokers';
export {
  loadServerConfig,
  type ServerConfig,
  serverConfigSchema,
  serverSettingSections,
} from './server-config';
