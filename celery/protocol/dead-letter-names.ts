/** The exchange all dead letters of a vhost go through, with the name of the queue they died in as their key. */
export const DEAD_LETTER_EXCHANGE = 'dead-letters';

export const DEAD_LETTER_SUFFIX = '.dead';

/** Where the dead letters of a queue wait, unless its set-up named another place. */
export const deadLetterQueueOf = (queue: string): string => `${queue}${DEAD_LETTER_SUFFIX}`;
