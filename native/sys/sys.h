/* What the files of sys.node know of each other. */
#ifndef COOPER_SYS_H
#define COOPER_SYS_H

#include <node_api.h>

/* passing.c: fd of a Unix socket; a promise of the fd that comes over it, or of the negative errno. */
napi_value sys_receive_fd(napi_env env, napi_callback_info info);

/* passing.c: sends an fd over a Unix socket; arguments stand there. */
napi_value sys_send_fd(napi_env env, napi_callback_info info);

/* passing.c: two connected Unix sockets, closed by exec: one number, the first times 2^20 plus the second. */
napi_value sys_socketpair(napi_env env, napi_callback_info info);

/* pinned.c: files held by a descriptor of O_PATH; arguments stand there. */
napi_value sys_open_pinned(napi_env env, napi_callback_info info);
napi_value sys_stat_pinned(napi_env env, napi_callback_info info);
napi_value sys_chown_pinned(napi_env env, napi_callback_info info);
napi_value sys_list_pinned(napi_env env, napi_callback_info info);
napi_value sys_get_pinned(napi_env env, napi_callback_info info);
napi_value sys_set_pinned(napi_env env, napi_callback_info info);
napi_value sys_syncfs(napi_env env, napi_callback_info info);

/* crypt.c: a hash of a password; arguments stand there. */
napi_value sys_crypt(napi_env env, napi_callback_info info);

#endif
