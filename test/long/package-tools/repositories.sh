#!/bin/sh
# Repositories of rpm and of pacman in /srv, of four packages each, by the real tools: two that can be installed, one that needs what
# nobody has, one whose script fails. Nothing is signed; /srv/signatures has 1 when that is to matter.
set -eu
export HOME=/root
signed=$(cat /srv/signatures)
rm -rf /srv/rpms /srv/pac /srv/work
mkdir -p /srv/rpms /srv/pac /srv/work /etc/yum.repos.d /etc/zypp/repos.d
cd /srv/work

# name, further line of the preamble, further section
rpm_of() {
  cat >"$1.spec" <<SPEC
Name: $1
Version: 1.0
Release: 1
Summary: A test
License: MIT
BuildArch: noarch
AutoReq: no
$2
%description
A test.
%install
mkdir -p %{buildroot}/usr/share/$1
echo hello >%{buildroot}/usr/share/$1/text
$3
%files
/usr/share/$1
SPEC
  rpmbuild --quiet --define '_topdir /srv/work' --define '_rpmdir /srv/rpms' -bb "$1.spec" 2>/dev/null
}
rpm_of greeting 'Provides: /bin/sh' ''
rpm_of growing 'Provides: /bin/sh' ''
rpm_of needy 'Requires: nowhere' ''
rpm_of broken '' '%pre
exit 3'
createrepo_c -q /srv/rpms
for file in /etc/yum.repos.d/small.repo /etc/zypp/repos.d/small.repo; do
  printf '[small]\nname=small\nbaseurl=file:///srv/rpms\nenabled=1\nautorefresh=1\ngpgcheck=%s\n' "$signed" >"$file"
done

# name, further line of .PKGINFO, text of .INSTALL
package_of() {
  rm -rf tree
  mkdir -p "tree/usr/share/$1"
  echo hello >"tree/usr/share/$1/text"
  printf '%s\n' "pkgname = $1" "pkgbase = $1" 'pkgver = 1.0-1' 'pkgdesc = A test' 'builddate = 1700000000' \
    'packager = Test <test@example.org>' 'size = 6' 'arch = any' "$2" >tree/.PKGINFO
  if [ -n "$3" ]; then echo "$3" >tree/.INSTALL; fi
  (cd tree && bsdtar -czf "/srv/pac/$1-1.0-1-any.pkg.tar.gz" .PKGINFO $([ -z "$3" ] || echo .INSTALL) usr)
}
package_of greeting '' ''
package_of growing '' ''
package_of needy 'depend = nowhere' ''
package_of broken '' 'pre_install() { exit 3; }'
repo-add -q /srv/pac/small.db.tar.gz /srv/pac/*.pkg.tar.gz
level=Never
if [ "$signed" = 1 ]; then level='Required DatabaseOptional'; fi
printf '[options]\nArchitecture = auto\nCheckSpace\nSigLevel = %s\n[small]\nServer = file:///srv/pac\n' "$level" >/etc/pacman.conf
