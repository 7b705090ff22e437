/** Finds which route of a document a path goes to, as Express does: fixed segments before parameters. */
export class RouteMatch {
  private readonly routes: readonly { readonly route: string; readonly segments: readonly string[] }[];

  constructor(routes: readonly string[]) {
    const parameters = (route: string): number => route.split('{').length;
    this.routes = [...routes]
      .sort((one, other) => parameters(one) - parameters(other))
      .map((route) => ({ route, segments: route.split('/') }));
  }

  /** @returns undefined where no route has this path. */
  of(path: string): string | undefined {
    const asked = (path.split('?')[0] ?? '').toLowerCase().split('/');
    return this.routes.find(
      ({ segments }) =>
        segments.length === asked.length &&
        segments.every(
          (segment, at) =>
            (segment.startsWith('{') && asked[at] !== '') || segment.toLowerCase() === asked[at],
        ),
    )?.route;
  }
}
