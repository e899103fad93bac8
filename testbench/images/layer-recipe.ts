/** Defines how a layer of a test image is built: a script creates its tree, and GNU tar packs it. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { bash, runTool } from '../harness/run-tool.js'

export interface LayerRecipe {
  /** Feature that the layer demonstrates. */
  readonly feature: string
  /** Bash script that runs in the empty tree of the layer. */
  readonly script: string
  /** Names to pack, in this order and without their descendants. Default: the whole tree. */
  readonly names?: readonly string[]
  /** Names to remove from the archive, so that hard links remain whose target is in a lower layer. */
  readonly deletedNames?: readonly string[]
  /** Format of the archive. Default: `pax`. */
  readonly format?: 'pax' | 'gnu' | 'ustar'
}

/** Writes the archive of the layer to `<directory>/layer.tar` and returns its path. */
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
  if (recipe.deletedNames !== undefined)
    await runTool('tar', ['--delete', '-f', archive, ...recipe.deletedNames])
  return archive
}

/** Returns a script that copies the files of Debian packages with their links, owners and times. */
export const copyPackages = (names: string, filter = 'cat'): string =>
  // A package may list /bin/x although /bin is a symlink to usr/bin. The script replaces such paths by /usr/bin/x.
  `dpkg -L ${names} | sed -E 's,^/(bin|sbin|lib|lib32|lib64|libx32)(/|$),/usr/\\1\\2,' | grep -vxE '/(\\.|dev|proc|run|sys|tmp)' | sort -u | ${filter}` +
  ` | while IFS= read -r f; do if [ -e "$f" ] || [ -L "$f" ]; then echo ".$f"; fi; done` +
  ` | tar -C / --no-recursion --xattrs --xattrs-include='*' -T - -cf - | tar -xpf - --xattrs --xattrs-include='*'`
