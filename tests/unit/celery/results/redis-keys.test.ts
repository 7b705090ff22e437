import { taskMetaKeys } from '../../../../celery/results/redis-keys';

describe('taskMetaKeys', () => {
  it.each([
    [undefined, 'celery-task-meta-a'],
    ['', 'celery-task-meta-a'],
    ['app', 'app_celery-task-meta-a'],
    ['app:', 'app:celery-task-meta-a'],
    ['app_', 'app_celery-task-meta-a'],
    ['app-', 'app-celery-task-meta-a'],
    ['app.', 'app.celery-task-meta-a'],
  ])('writes the key with prefix %p as Celery does', (prefix, key) => {
    expect(taskMetaKeys(prefix).of('a')).toBe(key);
  });

  it('reads the task id back from a key, and nothing from another', () => {
    const keys = taskMetaKeys('app');
    expect(keys.taskId('app_celery-task-meta-x-y')).toBe('x-y');
    expect(keys.taskId('celery-task-meta-x')).toBeUndefined();
  });
});
