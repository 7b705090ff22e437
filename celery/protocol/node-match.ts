import type { ControlRequest } from './control';
import { globToRegExp } from './glob';

/**
 * Whether a control request is meant for a node: its destination, else its glob pattern, else everybody (kombu/pidbox.py
 * `handle_message`, kombu/matcher.py). `pcre` patterns match nobody: a pattern from the wire would run unbounded.
 */
export const isAddressedTo = (request: ControlRequest, node: string): boolean => {
  const { destination, pattern, matcher } = request;
  if (destination !== null && destination.length > 0) return destination.includes(node);
  if (!pattern || !matcher) return true;
  if (matcher !== 'glob' || pattern.length > 255) return false;
  return globToRegExp(pattern).test(node);
};
