#!/bin/sh
# A newer growing and a friend in /srv/next, of rpm and of pacman, signed by a key that is made here; /srv/keys has its public half, and
# that of another key which has signed nothing. The secret ones go.
set -eu
export HOME=/root GNUPGHOME=/srv/gnupg
rm -rf /srv/next /srv/gnupg /srv/keys
mkdir -p /srv/next/rpms /srv/next/pac /srv/keys /srv/work
mkdir -m 700 /srv/gnupg
for who in signer other; do
  gpg --batch --quiet --passphrase '' --quick-gen-key "$who <$who@example.org>" rsa2048 sign never 2>/dev/null
  gpg --batch --armor --export "$who@example.org" >"/srv/keys/$who.asc"
done
cd /srv/work

for name in growing friend; do
  cat >"$name.spec" <<SPEC
Name: $name
Version: 2.0
Release: 1
Summary: A test
License: MIT
BuildArch: noarch
AutoReq: no
Provides: /bin/sh
%description
A test.
%install
mkdir -p %{buildroot}/usr/share/$name
echo hello again >%{buildroot}/usr/share/$name/text
%files
/usr/share/$name
SPEC
  rpmbuild --quiet --define '_topdir /srv/work' --define '_rpmdir /srv/next/rpms' -bb "$name.spec" 2>/dev/null

  rm -rf tree
  mkdir -p "tree/usr/share/$name"
  echo 'hello again' >"tree/usr/share/$name/text"
  printf '%s\n' "pkgname = $name" "pkgbase = $name" 'pkgver = 2.0-1' 'pkgdesc = A test' 'builddate = 1700000000' \
    'packager = Test <test@example.org>' 'size = 12' 'arch = any' >tree/.PKGINFO
  (cd tree && bsdtar -czf "/srv/next/pac/$name-2.0-1-any.pkg.tar.gz" .PKGINFO usr)
done
rpmsign --define '__gpg /usr/bin/gpg' --define '_gpg_name signer@example.org' --addsign /srv/next/rpms/noarch/*.rpm >/dev/null
createrepo_c -q /srv/next/rpms
# zypper wants the list signed, too.
gpg --batch --quiet --local-user signer@example.org --armor --detach-sign /srv/next/rpms/repodata/repomd.xml

for file in /srv/next/pac/*.pkg.tar.gz; do
  gpg --batch --quiet --local-user signer@example.org --detach-sign "$file"
done
repo-add -q /srv/next/pac/next.db.tar.gz /srv/next/pac/*.pkg.tar.gz
# pacman takes a package from the first repository that has it, however old it is there.
repo-remove -q /srv/pac/small.db.tar.gz growing
gpgconf --kill all
rm -rf /srv/gnupg
