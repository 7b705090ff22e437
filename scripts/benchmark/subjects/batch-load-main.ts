import { type BatchLoad, runBatchLoad } from './batch-load';

const main = async (): Promise<void> => {
  const load = JSON.parse(process.argv[2] ?? '') as BatchLoad;
  process.stdout.write(String(await runBatchLoad(load)));
};

void main();
