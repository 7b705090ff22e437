import type Joi from 'joi';

/** One setting as the pages tell it. */
export interface SettingRow {
  readonly name: string;
  readonly description: string;
  readonly form: string;
  readonly defaultText: string;
  /** What `.env.example` sets: the default, unless the setting says otherwise. */
  readonly exampleValue: string;
  readonly alias: string | undefined;
}

interface Meta {
  readonly form?: string;
  readonly example?: string;
  readonly alias?: string;
  /** In place of a default that depends on the machine. */
  readonly documentedDefault?: string;
}

interface Described {
  readonly type?: string;
  readonly flags?: { readonly description?: string; readonly default?: unknown };
  readonly metas?: readonly Meta[];
  readonly allow?: readonly unknown[];
}

function defaultText(described: Described, meta: Meta): string {
  const value = meta.documentedDefault ?? described.flags?.default;
  return value === undefined || (Array.isArray(value) && value.length === 0) ? '' : String(value);
}

function row(name: string, described: Described): SettingRow {
  const meta = described.metas?.[0] ?? {};
  return {
    name,
    description: described.flags?.description ?? '',
    form: meta.form ?? described.type ?? '',
    defaultText: defaultText(described, meta),
    exampleValue: meta.example ?? (meta.documentedDefault === undefined ? defaultText(described, meta) : ''),
    alias: meta.alias,
  };
}

/** The settings of a joi schema, in its order. */
export function settingRows(schema: Joi.ObjectSchema): readonly SettingRow[] {
  const keys = schema.describe().keys as Readonly<Record<string, Described>>;
  return Object.entries(keys).map(([name, described]) => row(name, described));
}
