/** A project outside of the repository that has the package installed by npm, from what `npm pack` makes of a clone. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { runTool } from '../../../testbench/harness/run-tool.js'
import { cloneTo, linkPackages, dependencies, pack } from '../../support/packed.js'
import { root } from '../../support/source-tree.js'

const program = fileURLToPath(new URL('program', import.meta.url))
const compiler = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc')

const strict = {
  target: 'es2022',
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  verbatimModuleSyntax: true,
  skipLibCheck: false,
}

export class Project {
  readonly #top = mkdtempSync(path.join(tmpdir(), 'windlass-consumer-'))
  readonly folder = path.join(this.#top, 'project')

  /** Packs a clone, with a build of its own, and installs the package in an empty folder. */
  async install(): Promise<void> {
    const clone = path.join(this.#top, 'clone')
    cloneTo(clone)
    const tarball = await pack(clone, this.#top)
    rmSync(clone, { recursive: true })
    mkdirSync(this.folder)
    this.write('package.json', {
      private: true,
      type: 'module',
      devDependencies: { '@types/node': '*', esbuild: '*' },
    })
    linkPackages(this.path('node_modules'), [...dependencies(), '@types/node', 'esbuild'])
    await this.run('npm', ['install', '--offline', '--no-audit', '--no-fund', '--ignore-scripts', tarball])
    cpSync(program, this.folder, { recursive: true })
  }

  remove(): void {
    rmSync(this.#top, { recursive: true, force: true })
  }

  path(...parts: readonly string[]): string {
    return path.join(this.folder, ...parts)
  }

  read(file: string): string {
    return readFileSync(this.path(file), 'utf8')
  }

  write(file: string, content: object): void {
    writeFileSync(this.path(file), JSON.stringify(content))
  }

  /** Returns a new folder, which is outside of the project and has no packages. */
  emptyFolder(): string {
    return mkdtempSync(path.join(this.#top, 'empty-'))
  }

  /** Returns the stdout of a program. Rejects unless its exit code is 0. */
  async run(command: string, args: readonly string[], cwd = this.folder): Promise<string> {
    const env = { HOME: this.#top, WINDLASS_CODE_CACHE: '0' }
    return (await runTool(command, args, { cwd, env })).toString()
  }

  /** Compiles `files` strictly, the declarations of the package and of its dependencies included. */
  async compile(files: readonly string[], options: object): Promise<string> {
    this.write('tsconfig.json', { compilerOptions: { ...strict, ...options }, files })
    // The compiler reports errors on stdout.
    return this.run('sh', ['-c', '"$0" "$1" 1>&2', process.execPath, compiler])
  }
}
