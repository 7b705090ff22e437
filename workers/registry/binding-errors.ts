import type { CompiledParameters } from './compiled-parameters';

/**
 * The words of CPython's own `TypeError`s for a bad call (Python/ceval.c: too_many_positional, missing_arguments,
 * initialize_locals). A JavaScript TypeError is stored as `builtins.TypeError`, so a caller sees what Python would say.
 */
export const unexpectedKeyword = (functionName: string, keyword: string): TypeError =>
  new TypeError(`${functionName}() got an unexpected keyword argument '${keyword}'`);

export const multipleValues = (functionName: string, name: string): TypeError =>
  new TypeError(`${functionName}() got multiple values for argument '${name}'`);

export const missingArguments = (
  functionName: string,
  kind: 'positional' | 'keyword-only',
  names: readonly string[],
): TypeError =>
  new TypeError(
    `${functionName}() missing ${names.length} required ${kind} argument${plural(names.length)}: ${listed(names)}`,
  );

export function tooManyPositional(
  functionName: string,
  parameters: CompiledParameters,
  given: number,
  keywordOnlyGiven: number,
): TypeError {
  const most = parameters.positional.length;
  const optional = most > parameters.required;
  const takes = optional ? `from ${parameters.required} to ${most}` : String(most);
  const keywordOnly =
    keywordOnlyGiven === 0
      ? ''
      : ` positional argument${plural(given)} (and ${keywordOnlyGiven} keyword-only argument${plural(keywordOnlyGiven)})`;
  const verb = given === 1 && keywordOnlyGiven === 0 ? 'was' : 'were';
  return new TypeError(
    `${functionName}() takes ${takes} positional argument${optional ? 's' : plural(most)} but ${given}${keywordOnly} ${verb} given`,
  );
}

const plural = (count: number): string => (count === 1 ? '' : 's');

/** `'x'`, `'x' and 'y'`, `'x', 'y', and 'z'`. */
function listed(names: readonly string[]): string {
  const quoted = names.map((name) => `'${name}'`);
  const last = quoted.pop() ?? '';
  if (quoted.length === 0) return last;
  return quoted.length === 1 ? `${quoted[0]} and ${last}` : `${quoted.join(', ')}, and ${last}`;
}
