/**
 * A number as Python's `str` shows it after JSON carried it over: `1e-05` where JavaScript has `0.00001`, `nan`, `inf`.
 * Whole numbers arrive as `int`.
 */
export const pythonNumber = (value: number | bigint): string => {
  if (typeof value === 'bigint' || Number.isSafeInteger(value)) return `${value}`;
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const size = Math.abs(value);
  const text = size !== 0 && size < 1e-4 ? value.toExponential() : String(value);
  return text.replace(/e([+-])(\d)$/, (_, sign: string, digit: string) => `e${sign}0${digit}`);
};
