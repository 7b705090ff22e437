export { EventLoopLag, type EventLoopLagOptions } from './event-loop-lag';
export { Gossip, type GossipDeps } from './gossip';
export { Heartbeat } from './heartbeat';
export { Mingle, type MingleDeps } from './mingle';
export { Neighbours } from './neighbours';
export { StateFile, type StateFileDeps } from './state-file';
