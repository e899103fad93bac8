/**
 * Reads the versions of the installed tools into testbench/tools/versions.json, and writes docs/compatibility.md:
 *
 *     npx tsx scripts/tools-table.ts
 *
 * Run `node scripts/ready.mjs --real` before, which installs the tools.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { downloadedTools } from '../testbench/harness/components.js'
import { readNewest } from '../testbench/tools/newest.js'
import { toolsPage, versionsFile } from '../testbench/tools/page.js'
import { toolPackages } from '../testbench/tools/rows.js'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Returns the version of a tool. */
function versionOf(tool: string, packageName: string | undefined): string {
  const downloaded = join(downloadedTools, `${tool}.version`)
  if (existsSync(downloaded)) return upstream(readFileSync(downloaded, 'utf8'))
  if (packageName === undefined) {
    const file = join(root, 'node_modules', tool, 'package.json')
    return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
  }
  const text = execFileSync('dpkg-query', ['-W', '-f=${Version}', packageName], { encoding: 'utf8' })
  return upstream(text)
}

/** Returns the version of the program in the version of a package of Debian. */
const upstream = (version: string): string => version.replace(/^\d+:/, '').replace(/[-+~].*$/, '')

const versions = Object.fromEntries(
  Object.entries(toolPackages).map(([tool, packageName]) => [tool, versionOf(tool, packageName)]),
)
writeFileSync(versionsFile, `${JSON.stringify(versions, undefined, 2)}\n`)
writeFileSync(join(root, 'docs/compatibility.md'), toolsPage(versions, readNewest()))
