/** How one layer of a test image is made: a tree, and how GNU tar is to write it. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { bash, runTool } from '../harness/run-tool.js'

export interface LayerRecipe {
  /** What the layer is there to show. */
  readonly shows: string
  /** Lines of bash, run inside the empty tree of the layer. */
  readonly script: string
  /** Names to put into the archive, in this order, without what is below them; all of the tree if there is none. */
  readonly names?: readonly string[]
  /** Names to take out of the finished archive: leaves hardlinks whose target is in a lower layer. */
  readonly without?: readonly string[]
  readonly format?: 'pax' | 'gnu' | 'ustar'
}

/** Writes the layer's archive to `<directory>/layer.tar`. */
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

/** Bash that copies the files of Debian packages into the tree, links and owners and times as they are. */
export const copyPackages = (names: string, filter = 'cat'): string =>
  // A package lists /bin/x where the machine has /usr/bin/x behind a symlink: the layer takes the real place.
  `dpkg -L ${names} | sed -E 's,^/(bin|sbin|lib|lib32|lib64|libx32)(/|$),/usr/\\1\\2,' | grep -vxE '/(\\.|dev|proc|run|sys|tmp)' | sort -u | ${filter}` +
  ` | while IFS= read -r f; do if [ -e "$f" ] || [ -L "$f" ]; then echo ".$f"; fi; done` +
  ` | tar -C / --no-recursion --xattrs --xattrs-include='*' -T - -cf - | tar -xpf - --xattrs --xattrs-include='*'`
