import { fileStamp } from './file-watch';
import { changeKeyFile, readKeyFile } from './key-file';
import type { KeyChange, KeyStorage } from './key-storage';
import type { StoredKey } from './stored-key';

/** Keys in a file that only its owner may read. */
export class FileKeyStorage implements KeyStorage {
  constructor(private readonly path: string) {}

  async read(): Promise<readonly StoredKey[]> {
    return readKeyFile(this.path);
  }

  change<T>(change: KeyChange<T>): Promise<T> {
    return changeKeyFile(this.path, change);
  }

  stamp(): Promise<string> {
    return fileStamp(this.path);
  }
}
