/** A thrown value as Python's `repr()` of the exception would be: `ValueError('bad')`; used in events and texts. */
export { exceptionRepr as describeError } from '../../celery/protocol';
