export type { Answer } from './answer';
export { type CallOptions, type ClientOptions, createClient, type GatewayClient } from './create-client';
/** The types that requests and answers share, by their names in the OpenAPI document. */
export type * as Schemas from './operations';
export type { Operations, Problem } from './operations';
export { GatewayProblem } from './problem';
export type { ServerEvent } from './streams';
