/** Packs the package, and puts what it depends on beside it without the network. */
import { cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { runTool } from '../../testbench/harness/run-tool.js'
import { root, textOf } from './source-tree.js'

/** What a clone does not have, or what its package is not made of. */
const notCloned = new Set(['.cache', '.git', 'coverage', 'dist', 'node_modules'])

/** Copies the project to `folder` as a clone of it is, with its dependencies installed and nothing built. */
export function cloneTo(folder: string): void {
  cpSync(root, folder, {
    recursive: true,
    filter: (from) => !notCloned.has(path.relative(root, from)),
  })
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'))
}

/** Runs `npm pack` in `from` and returns the file that it wrote to `into`. */
export async function pack(from: string, into: string, ...options: readonly string[]): Promise<string> {
  await runTool('npm', ['pack', '--silent', '--pack-destination', into, ...options], { cwd: from })
  const [tarball] = readdirSync(into).filter((file) => file.endsWith('.tgz'))
  return path.join(into, tarball!)
}

/** Links packages of this project into `modules`. Default: what the package depends on, and nothing else. */
export function linkPackages(modules: string, names: readonly string[] = dependencies()): void {
  for (const name of names) {
    mkdirSync(path.dirname(path.join(modules, name)), { recursive: true })
    symlinkSync(path.join(root, 'node_modules', name), path.join(modules, name))
  }
}

/** The packages that the package depends on. */
export const dependencies = (): readonly string[] =>
  Object.keys((JSON.parse(textOf('package.json')) as { dependencies: object }).dependencies)
