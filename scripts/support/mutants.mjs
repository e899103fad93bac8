/** Reads the lists of mutants in scripts/mutants, and makes the text of a file with a mutant. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import ts from 'typescript'

export const root = fileURLToPath(new URL('../..', import.meta.url))
const lists = join(root, 'scripts/mutants')

/** Names of the modules that have mutants. */
export const modules = readdirSync(lists)
  .filter((file) => file.endsWith('.mjs'))
  .map((file) => file.slice(0, -'.mjs'.length))

/** Returns the mutants of modules, each with the name of its module. */
export async function mutantsOf(names) {
  const all = []
  for (const module of names) {
    const { mutants } = await import(pathToFileURL(join(lists, `${module}.mjs`)).href)
    for (const mutant of mutants) all.push({ ...mutant, module })
  }
  return all
}

/**
 * Returns the text of the mutant's file with the bug.
 * @throws Error if the bug cannot be planted, or names no spec
 */
export function mutate({ name, file, from, to, specs }) {
  const text = readFileSync(join(root, file), 'utf8')
  const found = text.split(from).length - 1
  if (found !== 1) throw new Error(`${name}: expected once in ${file}, found ${found} times: ${from}`)
  const missing = specs.find((spec) => !existsSync(join(root, spec)))
  if (specs.length === 0 || missing !== undefined)
    throw new Error(`${name}: no spec ${missing ?? 'is named'}`)
  return text.replace(from, () => to)
}

/** @throws Error as `mutate`, and if the file is no valid TypeScript with the bug: any spec would fail with it */
export function check(mutant) {
  // Not `transpileModule`, which takes five times as long.
  const { parseDiagnostics } = ts.createSourceFile(mutant.file, mutate(mutant), ts.ScriptTarget.Latest)
  if (parseDiagnostics.length > 0) throw new Error(`${mutant.name}: ${parseDiagnostics[0].messageText}`)
}
