import type { Imported } from './import-service';

export function importedView({ dryRun, declared, existing, ignored, problems }: Imported): object {
  return { dry_run: dryRun, declared, existing, ignored, problems };
}
