import { readFile } from 'node:fs/promises';

/** Resident memory of a process, in bytes. */
export async function residentBytes(pid: number): Promise<number> {
  const [, kibibytes = '0'] = /^VmRSS:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
}
