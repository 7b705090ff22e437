import { type Finding, finding } from './finding';

/** The least version, as package.json has it under `engines`. */
const LEAST = [20, 19] as const;

/** @param version as `process.versions.node` */
export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor, leastMinor] = LEAST;
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor))
    return finding('Node', 'ok', version);
  return finding('Node', 'problem', `${version} is too old`, `Install Node ${LEAST.join('.')} or newer.`);
}
