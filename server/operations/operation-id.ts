/** Longest name of a gateway in an id. */
const MAX_INSTANCE = 100;
const ID = /^[0-9a-f-]{36}@([\w.-]{1,100})$/;

/** The name of a gateway as it stands in ids. */
export const idPart = (instance: string): string => instance.replace(/[^\w.-]/g, '-').slice(0, MAX_INSTANCE);

/** An id that tells which gateway runs the operation: only that one knows it. */
export const operationId = (uuid: string, instance: string): string => `${uuid}@${idPart(instance)}`;

/** The gateway an id names; undefined for what is no id of ours. */
export const instanceOf = (id: string): string | undefined => ID.exec(id)?.[1];
