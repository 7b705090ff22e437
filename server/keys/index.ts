export { type IssuedKey, type KeyRequest, KeyStore } from './key-store';
export { keyRoutes } from './routes';
export { KeyService } from './service';
