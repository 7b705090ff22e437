/** What Celery's worker says of a stop on its terminal, at any log level (celery/apps/worker.py `safe_say`). */
export function stopAnnouncement(stop: 'warm' | 'cold', signal: NodeJS.Signals): string {
  if (stop === 'cold') return '\nworker: Cold shutdown\n';
  const again =
    signal === 'SIGINT' ? '\nworker: Hitting Ctrl+C again will terminate all running tasks!\n' : '';
  return `${again}\nworker: Warm shutdown\n`;
}
