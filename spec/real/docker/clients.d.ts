/** The parts of dockerode that the specs use; the package has no types. */
declare module 'dockerode' {
  export interface DockerodeImage {
    inspect(): Promise<{ readonly Id: string; readonly RepoTags: readonly string[] }>
    history(): Promise<readonly unknown[]>
    tag(options: { readonly repo: string; readonly tag: string }): Promise<unknown>
    remove(): Promise<readonly unknown[]>
    get(): Promise<NodeJS.ReadableStream>
  }
  export default class Docker {
    constructor(options: { readonly socketPath: string; readonly version?: string })
    readonly modem: {
      followProgress(
        stream: NodeJS.ReadableStream,
        finished: (error: Error | null, output: readonly Record<string, unknown>[]) => void,
        progress?: (event: Record<string, unknown>) => void,
      ): void
    }
    ping(): Promise<unknown>
    version(): Promise<{ readonly ApiVersion: string }>
    info(): Promise<{ readonly Images: number }>
    df(): Promise<{ readonly LayersSize: number }>
    pull(
      name: string,
      options?: { readonly authconfig?: unknown; readonly platform?: string },
    ): Promise<NodeJS.ReadableStream>
    listImages(): Promise<readonly { readonly Id: string; readonly RepoTags: readonly string[] }[]>
    listContainers(): Promise<readonly unknown[]>
    getImage(name: string): DockerodeImage
    loadImage(file: NodeJS.ReadableStream | string): Promise<NodeJS.ReadableStream>
    pruneImages(): Promise<{ readonly SpaceReclaimed: number }>
    checkAuth(login: unknown): Promise<{ readonly Status: string }>
  }
}
