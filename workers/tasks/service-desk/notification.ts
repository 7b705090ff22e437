import templates from '../data/notification-templates.json';

/** A notification ready to be sent. */
export interface Notification {
  readonly type: string;
  readonly recipient: string;
  readonly subject: string;
  readonly body: string;
}

const known: ReadonlyMap<string, { subject: string; body: string }> = new Map(Object.entries(templates));
const PLACEHOLDER = /\{\{([a-z_]+)\}\}/g;

/**
 * Fills the template of a notification type with the caller's texts and numbers.
 * @throws RangeError (`ValueError` to a Python caller) for an unknown type or a value the template needs and does not get
 */
export function renderNotification(
  type: string,
  recipient: string,
  values: Readonly<Record<string, unknown>>,
): Notification {
  const template = known.get(type);
  if (template === undefined) throw new RangeError(`unknown notification type: ${type}`);
  const fill = (text: string): string =>
    text.replace(PLACEHOLDER, (_match, name: string) => {
      const value = Object.hasOwn(values, name) ? values[name] : undefined;
      if (typeof value === 'string' || Number.isInteger(value)) return String(value);
      throw new RangeError(`${type} needs a text or whole number for: ${name}`);
    });
  return { type, recipient, subject: fill(template.subject), body: fill(template.body) };
}
