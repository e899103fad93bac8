/** Cases of entry types and attributes: devices, modes, owners, times, and extended attributes. */
import { base256 } from '../archives/archive.js'
import { block, char, dir, fifo, file, layer, symlink, withPax } from './entries.js'
import { type LayerCase, type Outcome, refused, type Threat } from './layer-case.js'

const one = (
  threat: Threat,
  name: string,
  part: Buffer,
  flat: Outcome,
  umoci: LayerCase['umoci'] = 'same',
  more: Partial<LayerCase> = {},
): LayerCase => ({ name, threat, layers: [layer(part)], flat, umoci, ...more })

const devices: readonly LayerCase[] = [
  one('device', 'a character device', char('null', 1, 3, { mode: 0o666 }), ['null char 1:3 {0666}']),
  one('device', 'a block device', block('sda', 8, 0, { mode: 0o660, gid: 6 }), ['sda block 8:0 {0660 0:6}']),
  one('device', 'a setuid block device', block('b', 8, 0, { mode: 0o4777 }), ['b block 8:0 {4777}']),
  one('device', 'a large device number', char('c', 4095, 2 ** 20 - 1), ['c char 4095:1048575']),
  one(
    'device',
    'a major device number that is too large for Linux',
    char('c', 4096, 0),
    [],
    'differs: it cuts the number',
    { warns: ['DEVICE_FOREIGN'] },
  ),
  one(
    'device',
    'a minor device number that is too large for Linux',
    char('c', 0, 2 ** 20),
    [],
    'differs: it cuts the number',
    { warns: ['DEVICE_FOREIGN'] },
  ),
  one(
    'device',
    'a negative device number',
    char('c', 0, 0, { major: base256(-1n, 8) }),
    [],
    'differs: it cuts the number',
    { warns: ['DEVICE_FOREIGN'] },
  ),
  one(
    'device',
    'a whiteout of overlayfs: the device 0/0',
    char('gone', 0, 0),
    [],
    'differs: it makes the device',
    {
      warns: ['WHITEOUT_DEVICE_SKIPPED'],
      containerd: 'makes it, and overlayfs hides the name',
    },
  ),
  one('device', 'the block device 0/0 is no whiteout', block('b', 0, 0), ['b block 0:0']),
  one('device', 'a fifo', fifo('p', { mode: 0o600 }), ['p | {0600}']),
  one(
    'device',
    'an attribute that is a marker of overlayfs',
    withPax({ 'SCHILY.xattr.trusted.overlay.opaque': 'y' }, dir('d')),
    ['d/'],
    'same',
    {
      warns: ['XATTR_FOREIGN'],
      containerd: 'sets it',
    },
  ),
  one(
    'device',
    'an attribute that is a marker of overlayfs for ordinary users',
    withPax({ 'SCHILY.xattr.user.overlay.opaque': 'y' }, dir('d')),
    ['d/'],
    'differs: it sets the attribute',
    {
      warns: ['XATTR_FOREIGN'],
      containerd: 'sets it',
    },
  ),
]

const modes: readonly LayerCase[] = [
  ...[0, 0o400, 0o777, 0o4755, 0o2755, 0o1644, 0o7777].map((mode) =>
    one(
      'mode',
      `a file of mode ${mode.toString(8).padStart(4, '0')}`,
      file('a', '1', { mode, uid: 7, gid: 8 }),
      [`a = 1 {${mode.toString(8).padStart(4, '0')} 7:8}`],
    ),
  ),
  ...[0, 0o500, 0o1777, 0o2775].map((mode) =>
    one(
      'mode',
      `a directory of mode ${mode.toString(8).padStart(4, '0')} with a file in it`,
      Buffer.concat([dir('d', { mode }), file('d/a', '1')]),
      [`d/ {${mode.toString(8).padStart(4, '0')}}`, 'd/a = 1'],
    ),
  ),
  one('mode', 'type bits in the mode', file('a', '1', { mode: 0o140644 }), ['a = 1']),
  one('mode', 'a mode in base-256', file('a', '1', { mode: base256(0o600n, 8) }), ['a = 1 {0600}']),
]

const owners: readonly LayerCase[] = [
  one('owner', 'the largest octal owner', file('a', '1', { uid: 0o7777777, gid: 0o7777777 }), [
    'a = 1 {2097151:2097151}',
  ]),
  one('owner', 'an owner in base-256', file('a', '1', { uid: base256(4_000_000_000n, 8) }), [
    'a = 1 {4000000000:0}',
  ]),
  one('owner', 'an owner as a pax record', withPax({ uid: '70000', gid: '80000' }, file('a', '1')), [
    'a = 1 {70000:80000}',
  ]),
  one('owner', 'the owner 2^32 - 2', withPax({ uid: '4294967294' }, file('a', '1')), [
    'a = 1 {4294967294:0}',
  ]),
  one(
    'owner',
    'the owner 2^32 - 1, which means "leave as it is"',
    withPax({ uid: '4294967295' }, file('a', '1')),
    ['a = 1'],
    'same',
    { warns: ['OWNER_NONE'], containerd: "the same: the file is root's" },
  ),
  one(
    'owner',
    'the owner 2^32 - 1 in base-256, of a directory and a link',
    Buffer.concat([
      dir('d', { uid: base256(2n ** 32n - 1n, 8), gid: 5 }),
      symlink('l', 'd', { gid: base256(2n ** 32n - 1n, 8), uid: 6 }),
    ]),
    ['d/ {0:5}', 'l -> d {6:0}'],
    'same',
    { warns: ['OWNER_NONE'] },
  ),
  one(
    'owner',
    'the group 2^32, which is root if it is truncated to 32 bits',
    withPax({ gid: '4294967296' }, file('a', '1')),
    refused(/outside of -2147483648 to 4294967295/),
    "differs: the file is root's",
  ),
  one(
    'owner',
    'a negative owner: -2, nobody of macOS',
    file('a', '1', { uid: base256(-2n, 8), gid: base256(-2n, 8) }),
    ['a = 1 {4294967294:4294967294}'],
  ),
  one(
    'owner',
    'a negative owner as a pax record',
    withPax({ uid: '-2', gid: '-2147483648' }, file('a', '1')),
    ['a = 1 {4294967294:2147483648}'],
  ),
  one(
    'owner',
    'the owner -1, which is 2^32 - 1',
    file('a', '1', { uid: base256(-1n, 8) }),
    ['a = 1'],
    'same',
    { warns: ['OWNER_NONE'] },
  ),
  one(
    'owner',
    'a negative owner of more than 32 bits',
    withPax({ uid: '-2147483649' }, file('a', '1')),
    refused(/outside of -2147483648 to 4294967295/),
    'differs: it cuts the number',
  ),
  one(
    'owner',
    'an owner that is not a number',
    withPax({ uid: 'root' }, file('a', '1')),
    refused(/is not a number/),
    'refuses',
  ),
]

const times: readonly LayerCase[] = [
  one('time', 'a time in octal', file('a', '1', { mtime: 1_700_000_000 }), ['a = 1 {@1700000000}']),
  one('time', 'a time with nanoseconds', withPax({ mtime: '1700000000.123456789' }, file('a', '1')), [
    'a = 1 {@1700000000.123456789}',
  ]),
  one(
    'time',
    'a time of a directory with files in it',
    Buffer.concat([withPax({ mtime: '5.5' }, dir('d')), file('d/a', '1')]),
    ['d/ {@5.5}', 'd/a = 1'],
  ),
  one('time', 'a time of a symlink', withPax({ mtime: '7.000000001' }, symlink('l', 'x')), [
    'l -> x {@7.000000001}',
  ]),
  one('time', 'a time before 1970', withPax({ mtime: '-1.5' }, file('a', '1')), ['a = 1 {@-1.5}']),
  one('time', 'a time before 1970 in base-256', file('a', '1', { mtime: base256(-86400n, 12) }), [
    'a = 1 {@-86400}',
  ]),
  one(
    'time',
    'an invalid time',
    withPax({ mtime: 'yesterday' }, file('a', '1')),
    refused(/is not a time/),
    'refuses',
  ),
  one(
    'time',
    'an invalid access time',
    withPax({ atime: '1,5' }, file('a', '1')),
    refused(/is not a time/),
    'refuses',
  ),
]

const xattr = (name: string, value: string): Record<string, string> => ({ [`SCHILY.xattr.${name}`]: value })
const capability = '\x01\0\0\x02\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0'

const xattrs: readonly LayerCase[] = [
  one('xattr', 'an attribute of the user', withPax(xattr('user.k', 'v'), file('a', '1')), [
    'a = 1 {user.k=v}',
  ]),
  one('xattr', 'binary bytes in an attribute', withPax(xattr('user.k', '\0\xff=\n'), file('a', '1')), [
    'a = 1 {user.k=\\x00\\xff=\\x0a}',
  ]),
  one(
    'xattr',
    'an empty attribute',
    withPax(xattr('user.k', ''), file('a', '1')),
    ['a = 1 {user.k=}'],
    'differs: it drops the attribute, as Go does',
  ),
  one('xattr', 'an attribute of a directory', withPax(xattr('user.k', 'v'), dir('d')), ['d/ {user.k=v}']),
  one('xattr', 'a trusted attribute', withPax(xattr('trusted.k', 'v'), file('a', '1')), [
    'a = 1 {trusted.k=v}',
  ]),
  one('xattr', 'a trusted attribute of a symlink', withPax(xattr('trusted.k', 'v'), symlink('l', 'x')), [
    'l -> x {trusted.k=v}',
  ]),
  one(
    'xattr',
    'a capability of a file with another owner',
    withPax(xattr('security.capability', capability), file('ping', '1', { mode: 0o755, uid: 9 })),
    [`ping = 1 {0755 9:0 security.capability=\\x01\\x00\\x00\\x02\\x00\\x20${'\\x00'.repeat(14)}}`],
  ),
  one(
    'xattr',
    'an attribute that belongs to the host (SELinux)',
    withPax(xattr('security.selinux', 'label'), file('a', '1')),
    ['a = 1'],
    'same',
    {
      warns: ['XATTR_FOREIGN'],
      containerd: 'sets it',
    },
  ),
  one(
    'xattr',
    'an attribute without a name',
    withPax(xattr('', 'v'), file('a', '1')),
    refused(/without a name/),
    'refuses',
  ),
  one(
    'xattr',
    'an attribute whose name is too long for Linux',
    withPax(xattr(`user.${'k'.repeat(251)}`, 'v'), file('a', '1')),
    refused(/exceeds the limits of Linux/),
    'refuses',
  ),
]

export const types: readonly LayerCase[] = [...devices, ...modes, ...owners, ...times, ...xattrs]
