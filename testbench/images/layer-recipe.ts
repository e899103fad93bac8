/** Defines how a layer of a test image is made: its tree, and how GNU tar writes it. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { bash, runTool } from '../harness/run-tool.js'

export interface LayerRecipe {
  /** Feature that the layer demonstrates. */
  readonly shows: string
  /** Bash script that runs in the empty tree of the layer. */
  readonly script: string
  /** Names for the archive in this order, without their descendants (the whole tree). */
  readonly names?: readonly string[]
  /** Names to remove from the archive. This leaves hard links whose target is in a lower layer. */
  readonly without?: readonly string[]
  readonly format?: 'pax' | 'gnu' | 'ustar'
}

/** Writes the archive of the layer to `<directory>/layer.tar`. */
export async function writeLayerTar(recipe: LayerRecipe, directory: string): Promise<string> {
  const tree = join(directory, 'tree')
  const archive = join(directory, 'layer.tar')
  await mkdir(tree, { mode: 0o755 })
  await bash(tree, `umask 022; ${recipe.script}`)
  const format = recipe.format ?? 'pax'
  const attributes =
    format === 'pax'
      ? [
          '--xattrs',
          '--xattrs-include=*',
          '--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime',
        ]
      : []
  const names =
    recipe.names === undefined
      ? ['--sort=name', '.']
      : ['--no-recursion', '--verbatim-files-from', '--null', '-T', '-']
  const sparse = format === 'ustar' ? [] : ['--sparse']
  const options = ['-cf', archive, `--format=${format}`, '--numeric-owner', ...sparse, ...attributes]
  await runTool('tar', [...options, '-C', tree, ...names], { input: (recipe.names ?? []).join('\0') })
  if (recipe.without !== undefined) await runTool('tar', ['--delete', '-f', archive, ...recipe.without])
  return archive
}

/** Returns a script that copies the files of Debian packages with their links, owners and times. */
export const copyPackages = (names: string, filter = 'cat'): string =>
  // A package lists /bin/x while the machine has /usr/bin/x behind a symlink. The layer contains the real path.
  `dpkg -L ${names} | sed -E 's,^/(bin|sbin|lib|lib32|lib64|libx32)(/|$),/usr/\\1\\2,' | grep -vxE '/(\\.|dev|proc|run|sys|tmp)' | sort -u | ${filter}` +
  ` | while IFS= read -r f; do if [ -e "$f" ] || [ -L "$f" ]; then echo ".$f"; fi; done` +
  ` | tar -C / --no-recursion --xattrs --xattrs-include='*' -T - -cf - | tar -xpf - --xattrs --xattrs-include='*'`
