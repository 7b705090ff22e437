import { readFile } from 'node:fs/promises';
import { PAGE_SCRIPT } from './page';

/** A file that the page loads. */
export interface PageAsset {
  readonly contentType: string;
  readonly content: Buffer;
}

const SCRIPT = 'text/javascript; charset=utf-8';
const STYLE = 'text/css; charset=utf-8';

/** By the name in the page's address; nothing else of the package is served. */
const SWAGGER_FILES: ReadonlyMap<string, string> = new Map([
  ['swagger-ui.css', STYLE],
  ['swagger-ui-bundle.js', SCRIPT],
]);

/** Names of {@link PageAssets}. */
export const PAGE_ASSETS = ['page.js', ...SWAGGER_FILES.keys()];

/** The page's files, read from the installed package when they are first asked for. */
export class PageAssets {
  readonly #read = new Map<string, Promise<PageAsset>>();

  /** @param name one of {@link PAGE_ASSETS}. */
  get(name: string): Promise<PageAsset> {
    const known = this.#read.get(name);
    if (known !== undefined) return known;
    const asset = read(name);
    this.#read.set(name, asset);
    return asset;
  }
}

async function read(name: string): Promise<PageAsset> {
  const contentType = SWAGGER_FILES.get(name);
  if (contentType === undefined) return { contentType: SCRIPT, content: Buffer.from(PAGE_SCRIPT) };
  return { contentType, content: await readFile(require.resolve(`swagger-ui-dist/${name}`)) };
}
