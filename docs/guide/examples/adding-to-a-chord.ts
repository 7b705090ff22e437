import { canvas, defineTask } from 'celery-gateway';

const FOLDERS: Readonly<Record<string, readonly string[]>> = { all: ['a', 'b'], a: [], b: ['c'], c: [] };

/** A header task that finds more to do: the chord's body waits for that, too. Results on Redis only, as in Celery. */
export const scan = defineTask('guide.scan', { params: ['folder'] }, async (context, { folder }) => {
  for (const inner of FOLDERS[String(folder)] ?? []) await context.addToChord(canvas.s('guide.scan', inner));
  return folder;
});

export const summary = defineTask('guide.summary', { params: ['folders'] }, (_context, { folders }) =>
  [...(folders as readonly string[])].sort((a, b) => a.localeCompare(b)).join(' '),
);
