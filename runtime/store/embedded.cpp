#include "runtime/store/embedded.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <thread>
#include <vector>

#include "runtime/store/cluster.hpp"
#include "runtime/store/conninfo.hpp"
#include "runtime/store/plain.hpp"
#include "runtime/store/process.hpp"
#include "stoa/db.hpp"

namespace stoa::runtime {

namespace {

namespace fs = std::filesystem;
using steady = std::chrono::steady_clock;

constexpr const char* owner_role = "stoa";
constexpr const char* database_name = "stoa";
constexpr const char* superuser = "postgres";

[[noreturn]] void give_up(const std::string& why) { throw embedded_error(why); }

/// PostgreSQL's last words need not name what it died of: its own log could not be written either.
std::string blame(const std::string& what, const std::string& said, const cluster_layout& at) {
  constexpr std::uintmax_t too_little = 24u << 20;  // a segment of the log of transactions is 16 MiB
  std::error_code error;
  const auto space = fs::space(at.data, error);
  const bool named = said.find(std::strerror(ENOSPC)) != std::string::npos;
  if (!named && (error || space.available >= too_little)) return what + ": " + said;
  return "the disk of " + at.data.string() + " is full (" + std::to_string(error ? 0 : space.available / (1u << 20)) +
         " MiB are free): make room and start again. " + what + ": " + said;
}

template <class Condition>
bool poll_until(milliseconds patience, Condition&& met) {
  const auto until = steady::now() + patience;
  while (!met()) {
    if (steady::now() >= until) return false;
    std::this_thread::sleep_for(milliseconds{3});
  }
  return true;
}

/// A directory only its owner may enter.
void make_private(const fs::path& dir, const std::optional<unix_user>& owner) {
  if (::mkdir(dir.c_str(), 0700) != 0 && errno != EEXIST)
    give_up("cannot make " + dir.string() + ": " + std::strerror(errno));
  struct stat found {};
  if (::lstat(dir.c_str(), &found) != 0 || !S_ISDIR(found.st_mode)) give_up(dir.string() + " is not a directory");
  // In /tmp somebody else may have been there first.
  const uid_t wanted = owner ? owner->uid : ::geteuid();
  if (found.st_uid != wanted && found.st_uid != ::geteuid()) give_up(dir.string() + " belongs to another user");
  if (owner && ::lchown(dir.c_str(), owner->uid, owner->gid) != 0)
    give_up("cannot give " + dir.string() + " to " + owner->name + ": " + std::strerror(errno));
  if (::chmod(dir.c_str(), 0700) != 0) give_up("cannot protect " + dir.string() + ": " + std::strerror(errno));
}

unique_fd open_console(const cluster_layout& at) {
  unique_fd fd{::open(at.console().c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600)};
  if (!fd) give_up("cannot write " + at.console().string() + ": " + std::strerror(errno));
  return fd;
}

}  // namespace

struct embedded_postgres::impl {
  explicit impl(embedded_options o) : options(std::move(o)), at(layout_of(options.data_dir)) {}

  void log(log_level level, std::string_view message, log_fields fields = {}) {
    if (options.log && options.log->enabled(level)) options.log->write(level, message, fields);
  }

  // -- the data directory ---------------------------------------------------------------------------------------------

  void prepare_directory() {
    const std::string path = at.data.string();
    if (std::any_of(path.begin(), path.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }))
      give_up("the path of the data directory has a line break or another control character: choose another");
    if (::geteuid() == 0) {
      user = unix_user::find(superuser);
      if (!user) give_up("PostgreSQL refuses to run as root, and there is no user postgres to run it as");
    }
    std::error_code error;
    if (!fs::exists(at.data, error)) {
      fs::create_directories(at.data, error);
      if (error) give_up("cannot make " + at.data.string() + ": " + error.message());
      // Enough for the other user to pass through; it sees only what is below and its own.
      if (::chmod(at.data.c_str(), user ? 0711 : 0700) != 0)
        give_up("cannot protect " + at.data.string() + ": " + std::strerror(errno));
    }
    if (user) {
      if (const auto closed = unreachable_part(at.data, *user))
        give_up("the user postgres, as whom PostgreSQL runs when the server is root, cannot enter " + closed->string() +
                ": allow it (chmod o+x) or choose another data directory than " + at.data.string());
    }
  }

  void lock_directory() {
    unique_fd fd{::open(at.lock().c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600)};
    if (!fd) give_up("cannot open " + at.lock().string() + ": " + std::strerror(errno));
    // Who only looks whether it is held has it for a moment.
    if (!poll_until(milliseconds{500}, [&] { return ::flock(fd.get(), LOCK_EX | LOCK_NB) == 0; })) {
      std::string holder = read_text(at.lock());
      while (!holder.empty() && holder.back() == '\n') holder.pop_back();
      give_up("another server (pid " + (holder.empty() ? "unknown" : holder) + ") is using the data directory " +
              at.data.string() + ": stop it first, or choose another directory");
    }
    const std::string me = std::to_string(::getpid()) + "\n";
    if (::ftruncate(fd.get(), 0) != 0 || ::pwrite(fd.get(), me.data(), me.size(), 0) < 0)
      give_up("cannot write " + at.lock().string() + ": " + std::strerror(errno));
    lock = std::move(fd);
  }

  // -- making the cluster

  void make_cluster() {
    std::error_code error;
    if (fs::exists(at.cluster() / "PG_VERSION", error)) return;
    if (fs::exists(at.cluster(), error) && !fs::is_empty(at.cluster(), error))
      give_up(at.cluster().string() + " exists but holds no PostgreSQL cluster: move it away");
    log(log_level::info, "making the embedded database", {{"directory", at.cluster().string()}});
    fs::remove_all(at.unfinished(), error);
    if (error) give_up("cannot remove " + at.unfinished().string() + ": " + error.message());
    make_private(at.unfinished(), user);
    std::vector<std::string> command{(bin / "initdb").string(),
                                     "-D",
                                     at.unfinished().string(),
                                     "--username=postgres",
                                     "-E",
                                     "UTF8",
                                     "--locale=C.UTF-8",
                                     "--auth-local=trust",
                                     "--auth-host=reject"};
    if (!options.durable) command.push_back("--no-sync");
    const auto console = open_console(at);
    const pid_t child = spawn(command, user, console.get());
    const auto status = wait_for(child, options.start_timeout);
    if (!status) {
      ::kill(-child, SIGKILL);
      wait_for(child, milliseconds{5000});
      give_up("initdb did not end within " + std::to_string(options.start_timeout.count()) + " s");
    }
    if (*status != 0) give_up(blame("initdb failed", last_lines(at.console()), at));
    std::ofstream(at.unfinished() / "postgresql.conf", std::ios::app) << "\ninclude 'stoa.conf'\n";
    write_settings(at.unfinished());
    fs::remove(at.cluster(), error);
    fs::rename(at.unfinished(), at.cluster(), error);
    if (error) give_up("cannot rename " + at.unfinished().string() + ": " + error.message());
  }

  void write_settings(const fs::path& cluster) {
    std::ofstream out(cluster / "stoa.conf", std::ios::trunc);
    out << "# Written at every start. Own settings: ALTER SYSTEM, or postgresql.conf below the include.\n"
           "listen_addresses = ''\n"
           "port = 5432\n"
           "unix_socket_permissions = 0700\n"
           "max_connections = 120\n"
           "shared_buffers = 128MB\n"
           "random_page_cost = 1.1\n"
           "wal_compression = on\n"
           "update_process_title = off\n"
           "timezone = 'UTC'\n"
           "log_timezone = 'UTC'\n"
           "logging_collector = on\n"
           "log_directory = 'log'\n"
           "log_filename = 'postgresql-%a.log'\n"
           "log_rotation_age = 1d\n"
           "log_truncate_on_rotation = on\n"
           "log_line_prefix = '%m [%p] '\n"
           "log_error_verbosity = terse\n"
           "log_min_error_statement = panic\n";
    const char* durability = options.durable ? "on" : "off";
    out << "fsync = " << durability << "\nsynchronous_commit = " << durability << "\nfull_page_writes = " << durability
        << "\n";
    std::string quoted;
    for (const char c : socket.string()) quoted += c == '\'' ? std::string("''") : std::string(1, c);
    out << "unix_socket_directories = '" << quoted << "'\n";
    out.close();
    if (!out) give_up("cannot write " + (cluster / "stoa.conf").string());
    ::chmod((cluster / "stoa.conf").c_str(), 0644);
  }

  // -- starting

  void start() {
    prepare_directory();
    lock_directory();
    try {
      bin = find_bin_dir(at, options.bin_dir);
      socket = at.socket_dir();
      // initdb's files name the socket directory, which does not move.
      make_cluster();
      if (!adopt()) start_own();
      provision();
      watch.emplace(pid, at.pid_file(), at.lock(), options.orphan_grace);
    } catch (...) {
      if (pid) stop(milliseconds{5000});
      lock.reset();
      throw;
    }
  }

  /// Takes over a PostgreSQL that a killed server has left running.
  bool adopt() {
    const auto found = running_postmaster(at);
    if (!found) return false;
    pid = found->pid;
    own_child = false;
    const bool ready = poll_until(options.start_timeout, [&] {
      const auto now = running_postmaster(at);
      return !now || now->ready;
    });
    const auto now = running_postmaster(at);
    if (ready && now && accepts(now->socket_dir)) {
      socket = now->socket_dir;
      was_adopted = true;
      log(log_level::info, "took over the embedded database", {{"pid", static_cast<std::int64_t>(pid)}});
      return true;
    }
    if (now) stop_process(milliseconds{15000});
    pid = 0;
    return false;
  }

  bool accepts(const fs::path& dir) {
    try {
      plain_connection{superuser_conninfo(dir, "postgres")}.run("select 1");
      return true;
    } catch (const db_error&) {
      return false;
    }
  }

  std::string superuser_conninfo(const fs::path& dir, const std::string& database) const {
    auto info = parse_conninfo(at.connection(dir, superuser, database));
    info["connect_timeout"] = "5";
    info["options"] = "-c client_min_messages=warning -c statement_timeout=30000";
    return write_conninfo(info);
  }

  void start_own() {
    make_private(socket, user);
    write_settings(at.cluster());
    const auto until = steady::now() + options.start_timeout;
    for (;;) {
      remove_leftovers();
      const auto console = open_console(at);
      pid = spawn({(bin / "postgres").string(), "-D", at.cluster().string()}, user, console.get());
      own_child = true;
      was_adopted = false;
      std::optional<int> ended;
      poll_until(std::chrono::duration_cast<milliseconds>(until - steady::now()), [&] {
        ended = reap(pid);
        if (ended) return true;
        const auto file = read_postmaster_file(at);
        return file && file->pid == pid && file->ready;
      });
      if (!ended) {
        if (accepts(socket)) return;
        give_up(blame("the embedded PostgreSQL did not accept connections within " +
                          std::to_string(options.start_timeout.count()) + " s",
                      last_lines(at.console()), at));
      }
      pid = 0;
      const std::string said = last_lines(at.console());
      // Backends of a killed postmaster need a moment to notice that it has gone.
      const bool backends_left = said.find("still in use") != std::string::npos;
      if (!backends_left || steady::now() >= until)
        give_up(blame("the embedded PostgreSQL ended while starting", said, at));
      std::this_thread::sleep_for(milliseconds{50});
    }
  }

  /// Lock files of a PostgreSQL that is gone. Their numbers may belong to other processes by now, which PostgreSQL
  /// would take for a live server; we know better, and hold the directory's lock.
  void remove_leftovers() {
    std::error_code ignored;
    if (read_postmaster_file(at) && !running_postmaster(at)) {
      fs::remove(at.pid_file(), ignored);
      log(log_level::info, "removed a stale pid file", {{"file", at.pid_file().string()}});
    }
    fs::remove(socket / ".s.PGSQL.5432", ignored);
    fs::remove(socket / ".s.PGSQL.5432.lock", ignored);
  }

  void provision() {
    {
      plain_connection db{superuser_conninfo(socket, "postgres")};
      const std::string role = db.identifier(owner_role);
      if (db.run("select 1 from pg_roles where rolname = $1", {owner_role}).empty())
        db.run("create role " + role + " login nosuperuser nobypassrls nocreatedb nocreaterole");
      if (db.run("select 1 from pg_database where datname = $1", {database_name}).empty())
        db.run("create database " + db.identifier(database_name) + " owner " + role);
    }
    plain_connection db{superuser_conninfo(socket, database_name)};
    for (const auto& row : db.run("select name from pg_available_extensions where name in ('pg_trgm', 'unaccent') and "
                                  "installed_version is null"))
      db.run("create extension if not exists " + db.identifier(*row[0]) + " schema public");
    connection = at.connection(socket, owner_role, database_name);
  }

  // -- stopping

  bool gone() const { return own_child ? reap(pid).has_value() : !serves_cluster(pid, at); }

  bool stop_process(milliseconds patience) {
    ::kill(pid, SIGINT);
    if (poll_until(patience, [&] { return gone(); })) return true;
    log(log_level::warn, "the embedded database does not stop: immediate shutdown");
    ::kill(pid, SIGQUIT);
    if (poll_until(milliseconds{6000}, [&] { return gone(); })) return true;
    ::kill(pid, SIGKILL);
    return poll_until(milliseconds{2000}, [&] { return gone(); });
  }

  /// A PostgreSQL that died by itself.
  void bury() {
    watch.reset();
    if (own_child) reap(pid);
    pid = 0;
    lock.reset();
  }

  void stop(milliseconds patience) {
    if (pid) {
      if (!stop_process(patience)) log(log_level::error, "the embedded database could not be stopped");
      pid = 0;
    }
    watch.reset();
    lock.reset();
  }

  const embedded_options options;
  const cluster_layout at;
  std::optional<unix_user> user;
  unique_fd lock;
  fs::path bin;
  fs::path socket;
  std::string connection;
  std::optional<last_watch> watch;
  pid_t pid = 0;
  bool own_child = false;
  bool was_adopted = false;
};

embedded_postgres::embedded_postgres(embedded_options options) : impl_(std::make_unique<impl>(std::move(options))) {
  impl_->start();
}

embedded_postgres::~embedded_postgres() {
  try {
    stop();
  } catch (...) {
    // Nobody is left to hear of it.
  }
}

const std::string& embedded_postgres::connection_string() const noexcept { return impl_->connection; }

std::string embedded_postgres::superuser_connection_string(const std::string& database) const {
  return impl_->at.connection(impl_->socket, superuser, database);
}

std::string for_superuser(const std::string& connection) {
  auto info = parse_conninfo(connection);
  info["user"] = superuser;
  return write_conninfo(info);
}

pid_t embedded_postgres::pid() const noexcept { return impl_->pid; }
bool embedded_postgres::adopted() const noexcept { return impl_->was_adopted; }
bool embedded_postgres::running() const { return impl_->pid && serves_cluster(impl_->pid, impl_->at); }

void embedded_postgres::start() {
  if (impl_->pid && !running()) impl_->bury();
  if (!impl_->pid) impl_->start();
}

void embedded_postgres::stop(milliseconds patience) { impl_->stop(patience); }

std::optional<std::string> embedded_postgres::attach(const fs::path& data_dir) {
  const cluster_layout at = layout_of(data_dir);
  const auto held = [&] {
    const unique_fd fd{::open(at.lock().c_str(), O_RDWR | O_CLOEXEC)};
    return fd && ::flock(fd.get(), LOCK_SH | LOCK_NB) != 0;
  };
  std::optional<postmaster_file> found;
  poll_until(seconds{15}, [&] {
    found = running_postmaster(at);
    if (found) return found->ready;
    return !held();
  });
  if (!found || !found->ready) return std::nullopt;
  std::string connection = at.connection(found->socket_dir, owner_role, database_name);
  // A first start makes role and database only once PostgreSQL runs.
  const bool there = poll_until(seconds{10}, [&] {
    try {
      plain_connection{connection}.run("select 1");
      return true;
    } catch (const db_error&) {
      return !running_postmaster(at);
    }
  });
  if (!there || !running_postmaster(at)) return std::nullopt;
  return connection;
}

}  // namespace stoa::runtime
