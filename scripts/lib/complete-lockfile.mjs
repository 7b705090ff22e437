#!/usr/bin/env node
// A registry mirror may serve only its own platform's binaries; npm then writes a lockfile without the others, and
// `npm ci` refuses it everywhere. This adds each optional package the lockfile names but lacks: run it after `npm install`.
import { readFileSync, writeFileSync } from 'node:fs';

const FILE = 'package-lock.json';
const OS = [
  'android',
  'darwin',
  'freebsd',
  'linux',
  'openharmony',
  'win32',
  'wasm32',
  'sunos',
  'netbsd',
  'openbsd',
  'aix',
];
const CPU = ['arm64', 'arm', 'x64', 'ia32', 'ppc64', 's390x', 'riscv64', 'loong64', 'mips64el', 'wasm32'];
const LIBC = { gnu: 'glibc', gnueabihf: 'glibc', musl: 'musl', musleabihf: 'musl' };

const lock = JSON.parse(readFileSync(FILE, 'utf8'));
const added = [];
for (const owner of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(owner.optionalDependencies ?? {})) {
    const path = `node_modules/${name}`;
    if (lock.packages[path] !== undefined) continue;
    const words = name.split('/').at(-1).split('-');
    const cpu = words.find((word) => CPU.includes(word));
    const os = words.find((word) => OS.includes(word)) ?? (cpu === 'wasm32' ? 'wasm32' : undefined);
    if (os === undefined || cpu === undefined) throw new Error(`cannot tell the platform of ${name}`);
    const libc = os === 'linux' ? words.map((word) => LIBC[word]).find(Boolean) : undefined;
    lock.packages[path] = {
      version,
      cpu: [cpu],
      ...(owner.dev === true ? { dev: true } : {}),
      ...(libc === undefined ? {} : { libc: [libc] }),
      optional: true,
      os: [os],
    };
    added.push(name);
  }
}
const [root, ...rest] = Object.entries(lock.packages);
lock.packages = Object.fromEntries([root, ...rest.sort(([a], [b]) => (a < b ? -1 : 1))]);
writeFileSync(FILE, `${JSON.stringify(lock, null, 2)}\n`);
console.log(added.length === 0 ? 'the lockfile is complete' : `added ${added.length}: ${added.join(' ')}`);
