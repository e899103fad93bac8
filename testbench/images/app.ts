/** `app`: `base` and further layers that remove and replace entries, write through symlinks, and repeat a layer. */
import { baseLayers } from './base.js'
import { copyPackages, type LayerRecipe } from './layer-recipe.js'

/** This layer is in the image twice. A layer in between removes its content. */
const repeated: LayerRecipe = {
  feature: 'the same layer twice',
  script: `mkdir -p srv/twice; echo again > srv/twice/file; ln srv/twice/file srv/twice/link`,
}

export const appLayers: readonly LayerRecipe[] = [
  ...baseLayers,
  {
    feature: 'whiteouts of files, links, directories and missing names',
    script: `
      mkdir -p etc odd/links usr/share/doc
      : > etc/.wh.issue; : > odd/.wh.absolute; : > odd/.wh.xattr-dir; : > usr/share/doc/.wh.bash
      : > odd/.wh.links-a; : > odd/.wh.never-was; : > odd/.wh.fifo; : > odd/dev.wh.is-a-name`,
  },
  {
    feature: 'opaque whiteouts, with new entries before and after them',
    script: `
      mkdir -p usr/share/zoneinfo odd/sticky odd/case; chmod 1770 odd/sticky
      echo mine > usr/share/zoneinfo/Mine; echo early > usr/share/zoneinfo/.early
      : > usr/share/zoneinfo/.wh..wh..opq; : > odd/case/.wh..wh..opq; echo new > odd/case/zzz`,
  },
  {
    feature: 'a file becomes a directory, a directory a file or a link, a link a directory',
    script: `
      mkdir -p etc/issue.net odd; echo in > etc/issue.net/inside
      echo was-directory > odd/setgid; ln -s /etc odd/links; mkdir odd/self; echo was-link > odd/self/inside
      mkfifo odd/large; mkdir odd/dangling; mknod odd/empty c 1 5`,
  },
  {
    feature: 'the types of the previous layer change back',
    script: `
      mkdir -p etc odd/setgid odd/links; echo file again > etc/issue.net; echo back > odd/setgid/back
      echo back > odd/links/c; ln -s . odd/self; echo large > odd/large; mkdir odd/empty`,
  },
  {
    feature: 'a file replaces one name of a hard link',
    script: `mkdir -p odd; echo new content > odd/links-b; chmod 0600 odd/links-b`,
    names: ['odd/links-b'],
  },
  {
    feature: 'writes and whiteouts through symlinked directories',
    script: `
      mkdir -p bin lib sbin odd; echo '#!/bin/sh' > bin/tool; chmod 0755 bin/tool; echo lib > lib/libtool.so; : > bin/.wh.bash
      ln bin/tool sbin/tool`,
    names: ['bin/tool', 'sbin/tool', 'lib/libtool.so', 'bin/.wh.bash'],
    format: 'gnu',
  },
  {
    feature: 'a whiteout of a name that the same layer also has, before and after it',
    script: `
      mkdir -p odd/setuid etc; echo new > odd/nothing; : > odd/.wh.nothing; : > etc/.wh.os-release; echo ID=test > etc/os-release
      echo kept > odd/setuid/kept; : > odd/.wh.setuid`,
    names: [
      'odd/nothing',
      'odd/.wh.nothing',
      'etc/.wh.os-release',
      'etc/os-release',
      'odd/.wh.setuid',
      'odd/setuid',
      'odd/setuid/kept',
    ],
  },
  repeated,
  { feature: 'the repeated layer is removed', script: `mkdir -p srv; : > srv/.wh.twice` },
  repeated,
  {
    feature: 'changes of metadata only: mode, owner, time and extended attributes',
    script: `
      mkdir -p odd/closed odd/xattr-dir; chmod 0711 odd/closed; chown 7:8 odd/closed; printf xattrs > odd/xattrs
      setfattr -n user.other -v other odd/xattrs; touch -d '2010-10-10 10:10:10.101010101 UTC' odd/closed odd`,
  },
  { feature: 'an empty layer', script: ':', names: [] },
  { feature: 'an application', script: copyPackages('coreutils', "grep -v '/locale/'"), format: 'gnu' },
]
