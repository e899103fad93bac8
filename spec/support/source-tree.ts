/** The source as files that import each other. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

export interface Import {
  readonly from: string
  /** A file of ours, from the root of the project, or the name of a package. */
  readonly to: string
}

/** The TypeScript files below `folders`, from the root of the project. */
export const sourcesBelow = (...folders: readonly string[]): readonly string[] =>
  folders.flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
      .map((file) => path.join(folder, file)),
  )

export const textOf = (file: string): string => readFileSync(path.join(root, file), 'utf8')
export const isThere = (file: string): boolean => existsSync(path.join(root, file))

/** What `file` imports or exports again, by `from` or by `import()`. */
export const importsOf = (file: string): Import[] =>
  [...textOf(file).matchAll(/(?:^|\n)\s*(?:import|export)\b[^;'"]*?from\s*'([^']+)'|import\('([^']+)'\)/g)]
    .map((match) => match[1] ?? match[2] ?? '')
    .filter((name) => !name.startsWith('node:'))
    .map((name) => ({
      from: file,
      to: name.startsWith('.') ? path.join(path.dirname(file), name).replace(/\.js$/, '.ts') : name,
    }))

export const isOurs = (name: string): boolean => name.endsWith('.ts')

/** `lib/registry` of `lib/registry/http/body.ts`, `lib/errors` of `lib/errors.ts`, else the folder at the top. */
export const moduleOf = (file: string): string => {
  const [top = '', second = ''] = file.split(path.sep)
  return top === 'lib' ? `lib/${second.replace(/\.ts$/, '')}` : top
}

/** The folder that a file stands in; a file at the root of its module is a room of its own. */
export const roomOf = (file: string): string => {
  const folder = path.dirname(file)
  return folder === moduleOf(file) ? file : folder
}

/** The circles of a directed graph, each as the nodes of one strongly connected component (Tarjan). */
export function circlesIn(edges: readonly (readonly [string, string])[]): string[][] {
  const next = new Map<string, Set<string>>()
  for (const [from, to] of edges) next.set(from, (next.get(from) ?? new Set()).add(to))
  const order = new Map<string, number>()
  const low = new Map<string, number>()
  const stack: string[] = []
  const circles: string[][] = []
  const visit = (node: string): void => {
    order.set(node, order.size)
    low.set(node, order.get(node)!)
    stack.push(node)
    for (const each of next.get(node) ?? []) {
      if (!order.has(each)) visit(each)
      if (stack.includes(each)) low.set(node, Math.min(low.get(node)!, low.get(each)!))
    }
    if (low.get(node) !== order.get(node)) return
    const circle = stack.splice(stack.indexOf(node))
    if (circle.length > 1) circles.push(circle.sort())
  }
  for (const node of next.keys()) if (!order.has(node)) visit(node)
  return circles
}
