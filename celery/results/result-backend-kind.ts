/** The result backends this project speaks. */
export type ResultBackendKind = 'rpc' | 'redis' | 'disabled';

/**
 * Which backend a `CELERY_RESULT_BACKEND` value names. Mirrors celery/app/backends.py `by_url` for the schemes we speak.
 * @returns undefined for a scheme we do not speak.
 */
export const resultBackendKind = (url: string): ResultBackendKind | undefined => {
  const scheme = url.split(':', 1)[0]?.toLowerCase();
  switch (scheme) {
    case 'rpc':
      return 'rpc';
    case 'redis':
    case 'rediss':
      return 'redis';
    case 'disabled':
      return 'disabled';
    default:
      return undefined;
  }
};
