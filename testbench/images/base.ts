/** `base`: files of installed Debian packages, and entries of every kind that tar can contain. */
import { copyPackages, type LayerRecipe } from './layer-recipe.js'

const packages = 'base-files bash passwd libc-bin login mount tar gzip perl-base dash bsdutils tzdata'

/** Creates /bin, /sbin and /lib as symlinks into /usr, as in Debian since version 12. */
const usrMerge =
  'for d in bin sbin lib lib64; do mkdir -p usr/$d; ln -s usr/$d $d; done; mkdir dev proc run sys; mkdir -m 1777 tmp'

const otherEntries = String.raw`
mkdir -m 0755 odd && cd odd
mkdir empty && mkdir -m 0000 closed && mkdir -m 1777 sticky && mkdir -m 2775 setgid && mkdir -m 4755 setuid
install -m 4755 /bin/true setuid-file; install -m 2755 /bin/true setgid-file; install -m 6711 /bin/true both-file
echo secret > none; chmod 0000 none
echo group > owned; chown 1000:2000 owned; chmod 0640 owned
echo far > far-owner; chown 2097152:2097153 far-owner
echo nobody > nobody; chown 65534:65534 nobody
: > nothing

echo one > links-a; ln links-a links-b; mkdir links; ln links-a links/c; ln -s links-a link-soft; ln link-soft link-soft-hard
ln -s /usr/bin/perl absolute; ln -s ../../../../../etc/passwd climbing; ln -s missing dangling; ln -s loop loop
ln -s . self; chown -h 1:2 dangling

echo > "$(printf 'a%.0s' {1..150})"
long=$(printf 'd%.0s' {1..200}); mkdir -p "$long/$long"; echo long > "$long/$long/$(printf 'f%.0s' {1..255})"
ln -s "$(printf 't%.0s' {1..300})" long-target
ln "$long/$long/$(printf 'f%.0s' {1..255})" long-hardlink
printf newline > $'new\nline'; printf tab > $'tab\there'; printf bs > 'back\slash'; printf bs > 'back\nslash'
printf sp > ' leading and trailing '; printf q > "quote\"'quote"; printf dash > -dash; printf star > '*'; printf eq > 'a=b'
printf esc > $'escape\e[31m'; printf bell > $'bell\a'; printf dots > '...'; printf bom > $'\xef\xbb\xbfbom'
printf utf8 > 'größe-日本語-🐳'; printf nfd > $'gro\xcc\x88\xc3\x9fe'
printf invalid > $'invalid-\xff\xfe'; printf latin1 > $'gr\xf6\xdfe'; ln -s $'to-\xff' $'link-\xfe'
printf proto > __proto__; printf const > constructor
mkdir case; printf 1 > case/File; printf 2 > case/file; printf 3 > case/FILE

printf xattrs > xattrs
setfattr -n user.text -v hello xattrs
setfattr -n user.binary -v 0x00ff0a3d25fe xattrs
setfattr -n user.empty xattrs
setfattr -n user.large -v "$(printf 'x%.0s' {1..2000})" xattrs
setfattr -n trusted.windlass -v trusted xattrs
mkdir xattr-dir; setfattr -n user.dir -v 0x0001 xattr-dir
ln -s xattrs xattr-link; setfattr -h -n trusted.link -v on-link xattr-link
install -m 0755 /bin/true capable; setcap cap_net_raw,cap_net_bind_service+ep capable
install -m 0755 /bin/true capable-owned; chown 1000:1000 capable-owned; setcap cap_sys_admin+p capable-owned

mkdir -m 0755 dev; mknod -m 0666 dev/null c 1 3; mknod -m 0660 dev/sda b 8 0; mknod -m 0600 dev/big c 4095 1048575
chown 0:6 dev/sda; mkfifo -m 0620 fifo; chown 5:6 fifo

truncate -s 3M sparse; printf middle | dd of=sparse bs=1 seek=1500000 conv=notrunc status=none
truncate -s 1M all-hole
head -c 300000 /usr/bin/perl > large; head -c 512 /usr/bin/perl > one-block; head -c 511 /usr/bin/perl > block-less

touch -d '2001-02-03 04:05:06.123456789 UTC' owned; touch -d '1999-12-31 23:59:59.999999999 UTC' nothing
touch -d '1969-07-20 20:17:40.5 UTC' before-1970; touch -d '1970-01-01 UTC' epoch; touch -d '2100-01-01 UTC' after-2038
touch -h -d '2002-03-04 05:06:07.000000001 UTC' dangling
touch -d '2003-04-05 06:07:08.987654321 UTC' empty closed sticky dev
cd ..; touch -d '2004-05-06 07:08:09.111111111 UTC' odd usr/bin`

export const baseLayers: readonly LayerRecipe[] = [
  {
    feature: 'a distribution, and entries of every kind',
    script: `${usrMerge}; ${copyPackages(packages)}; ${otherEntries}`,
  },
]
