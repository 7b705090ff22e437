export type { Answer } from './answer';
export { type CallOptions, type ClientOptions, createClient, type GatewayClient } from './create-client';
export type { Operations, Problem } from './operations';
export { GatewayProblem } from './problem';
export type { ServerEvent } from './streams';
