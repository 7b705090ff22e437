/** One jest project per kind of proof; see CONTRIBUTING.md. */
const transform = {
  '^.+\\.ts$': [
    '@swc/jest',
    { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } },
  ],
  // An ES module; jest loads CommonJS only.
  '/node_modules/jose/.+\\.js$': [
    '@swc/jest',
    { jsc: { parser: { syntax: 'ecmascript' }, target: 'es2022' }, module: { type: 'commonjs' } },
  ],
};

const project = (name, overrides = {}) => ({
  displayName: name,
  testEnvironment: 'node',
  testMatch: [`<rootDir>/tests/${name}/**/*.test.ts`],
  transform,
  transformIgnorePatterns: ['/node_modules/(?!jose/)'],
  setupFilesAfterEnv: ['<rootDir>/tests/support/contract-check.ts'],
  // The examples of docs/guide import the package by its name.
  moduleNameMapper: {
    '^celery-gateway$': '<rootDir>/workers/index.ts',
    '^celery-gateway/client$': '<rootDir>/client/index.ts',
  },
  ...overrides,
});

module.exports = {
  projects: [
    project('unit'),
    project('contract'),
    project('integration'),
    project('interop'),
    project('chaos'),
    project('e2e'),
  ],
  testTimeout: 120_000,
};
