#include "runtime/store/embedded.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>
#include <thread>

#include "runtime/store/conninfo.hpp"
#include "runtime/store/plain.hpp"
#include "stoa/db.hpp"
#include "tests/runtime/store/test_postgres.hpp"
#include "tests/support/eventually.hpp"

using namespace stoa;
using namespace stoa::testing;
using namespace stoa::runtime;
using Catch::Matchers::Contains;

namespace {

embedded_options options_for(const std::filesystem::path& data) {
  embedded_options o;
  o.data_dir = data;
  o.durable = false;
  return o;
}

std::string refusal(const embedded_options& o) {
  try {
    embedded_postgres pg{o};
  } catch (const embedded_error& e) {
    return e.what();
  }
  return "";
}

/// A server process that starts the database and is then killed without a chance to stop it.
void killed_server(const std::filesystem::path& data, seconds grace = seconds{60}) {
  int pipe_ends[2];
  REQUIRE(::pipe(pipe_ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      auto o = options_for(data);
      o.orphan_grace = grace;
      embedded_postgres pg{o};
      if (::write(pipe_ends[1], "r", 1) == 1)
        for (;;) ::pause();
    } catch (...) {
    }
    ::_exit(1);
  }
  ::close(pipe_ends[1]);
  char ready = 0;
  CHECK(::read(pipe_ends[0], &ready, 1) == 1);
  ::close(pipe_ends[0]);
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
}

std::string first_line(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

}  // namespace

TEST_CASE("the embedded database is made once and starts fast", "[embedded]") {
  temp_dir dir;
  const auto data = dir.path() / "data";
  {
    embedded_postgres pg{options_for(data)};
    CHECK(pg.running());
    CHECK_FALSE(pg.adopted());
    plain_connection db{pg.connection_string()};
    const auto r = db.run(
        "select current_user, current_database(), rolsuper, rolbypassrls, current_setting('TimeZone'), "
        "current_setting('listen_addresses'), getdatabaseencoding() from pg_roles where rolname = current_user");
    CHECK(*r[0][0] == "stoa");
    CHECK(*r[0][1] == "stoa");
    CHECK(*r[0][2] == "f");
    CHECK(*r[0][3] == "f");
    CHECK(*r[0][4] == "UTC");
    CHECK(*r[0][5] == "");
    CHECK(*r[0][6] == "UTF8");
    CHECK(*db.run("select count(*) from pg_extension where extname in ('pg_trgm', 'unaccent')")[0][0] ==
          *db.run("select count(*) from pg_available_extensions where name in ('pg_trgm', 'unaccent')")[0][0]);
    db.run("create schema s; create table s.kept (id int); insert into s.kept values (7)");
    struct stat found {};
    REQUIRE(::stat((data / "run").c_str(), &found) == 0);
    CHECK((found.st_mode & 0777) == 0700);
    REQUIRE(::stat((data / "postgres").c_str(), &found) == 0);
    CHECK((found.st_mode & 0777) == 0700);
    // Neither a Ctrl-C for our process group nor our end reaches it.
    CHECK(::getpgid(pg.pid()) == pg.pid());
    CHECK(::getsid(pg.pid()) == pg.pid());
  }
  CHECK_FALSE(embedded_postgres::attach(data));
  const auto before = std::chrono::steady_clock::now();
  embedded_postgres pg{options_for(data)};
  CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds{3});
  CHECK(*plain_connection{pg.connection_string()}.run("select id from s.kept")[0][0] == "7");
}

TEST_CASE("one server per data directory; commands attach to it", "[embedded]") {
  temp_dir dir;
  const auto data = dir.path() / "data";
  CHECK_FALSE(embedded_postgres::attach(data));
  embedded_postgres pg{options_for(data)};
  CHECK_THAT(refusal(options_for(data)), Contains("another server") && Contains(std::to_string(::getpid())));
  CHECK(pg.running());
  const auto attached = embedded_postgres::attach(data);
  REQUIRE(attached);
  CHECK(*attached == pg.connection_string());
  CHECK_NOTHROW(plain_connection{*attached}.run("select 1"));
  const auto child = pg.pid();
  pg.stop();
  pg.stop();
  CHECK_FALSE(pg.running());
  CHECK(::kill(child, 0) != 0);
  CHECK_FALSE(embedded_postgres::attach(data));
  pg.start();
  CHECK(pg.running());
}

TEST_CASE("what a killed server leaves running is taken over", "[embedded]") {
  temp_dir dir;
  const auto data = dir.path() / "data";
  killed_server(data);
  const auto left = static_cast<pid_t>(std::stoi(first_line(data / "postgres" / "postmaster.pid")));
  REQUIRE(::kill(left, 0) == 0);
  CHECK(embedded_postgres::attach(data));
  {
    embedded_postgres pg{options_for(data)};
    CHECK(pg.adopted());
    CHECK(pg.pid() == left);
    CHECK_NOTHROW(plain_connection{pg.connection_string()}.run("select 1"));
  }
  CHECK_FALSE(std::filesystem::exists(data / "postgres" / "postmaster.pid"));
  embedded_postgres again{options_for(data)};
  CHECK_FALSE(again.adopted());
}

TEST_CASE("what a killed server leaves running ends by itself where no other server comes", "[embedded]") {
  temp_dir dir;
  const auto data = dir.path() / "da ta";
  killed_server(data, seconds{0});
  CHECK(eventually([&] { return !std::filesystem::exists(data / "postgres" / "postmaster.pid"); }));
  CHECK_FALSE(embedded_postgres::attach(data));
  // Taken over, it has nothing to fear from the first server's watch.
  killed_server(data, seconds{1});
  embedded_postgres pg{options_for(data)};
  REQUIRE(pg.adopted());
  CHECK_FALSE(eventually([&] { return !pg.running(); }, seconds{3}));
}

TEST_CASE("who only looks at the lock keeps no server from starting", "[embedded]") {
  temp_dir dir;
  const auto data = dir.path() / "data";
  { embedded_postgres pg{options_for(data)}; }
  const int looking = ::open((data / "stoa.lock").c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE(::flock(looking, LOCK_SH) == 0);
  std::thread lets_go([&] {
    std::mutex m;
    std::unique_lock lock(m);
    std::condition_variable().wait_for(lock, milliseconds{100});
    ::close(looking);
  });
  CHECK(refusal(options_for(data)).empty());
  lets_go.join();
}

TEST_CASE("paths with blanks, commas, quotes and backslashes are paths", "[embedded]") {
  for (const char* name : {"two  blanks", "a, b,c", "it's", "quo\"te", "back\\slash", "do$llar `x` %s",
                           "\xc3\xbc nicode ", "-dash", "@at", "a=b;c&d"}) {
    INFO(name);
    temp_dir dir;
    const auto data = dir.path() / name / "data";
    std::filesystem::create_directories(data.parent_path());
    std::filesystem::path socket;
    {
      embedded_postgres pg{options_for(data)};
      CHECK_NOTHROW(plain_connection{pg.connection_string()}.run("select 1"));
      CHECK_NOTHROW(plain_connection{pg.superuser_connection_string("stoa")}.run("select 1"));
      CHECK(embedded_postgres::attach(data) == pg.connection_string());
      CHECK_THAT(refusal(options_for(data)), Contains(std::to_string(::getpid())));
      pg.stop();
      pg.start();
      CHECK(pg.running());
      socket = parse_conninfo(pg.connection_string()).at("host");
    }
    CHECK(std::filesystem::exists(data / "postgres" / "PG_VERSION"));
    std::filesystem::remove_all(socket);
  }
  temp_dir dir;
  CHECK_THAT(refusal(options_for(dir.path() / "line\nbreak")), Contains("control character"));
}

TEST_CASE("stale lock files are removed, whoever has the number now", "[embedded]") {
  temp_dir dir;
  const auto data = dir.path() / "data";
  killed_server(data);
  const auto pid_file = data / "postgres" / "postmaster.pid";
  const auto left = static_cast<pid_t>(std::stoi(first_line(pid_file)));
  SECTION("the process is gone") {
    ::kill(left, SIGKILL);
    CHECK(eventually([&] { return !embedded_postgres::attach(data); }));
  }
  SECTION("another process has its number") {
    std::ifstream in(pid_file);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    ::kill(left, SIGKILL);
    CHECK(eventually([&] { return !embedded_postgres::attach(data); }));
    text.replace(0, text.find('\n'), std::to_string(::getpid()));
    std::ofstream(pid_file, std::ios::trunc) << text;
    std::ofstream(data / "run" / ".s.PGSQL.5432.lock", std::ios::trunc) << text;
  }
  embedded_postgres pg{options_for(data)};
  CHECK_FALSE(pg.adopted());
  CHECK_NOTHROW(plain_connection{pg.connection_string()}.run("select 1"));
}

TEST_CASE("a half-made cluster is made anew, something else is left alone", "[embedded]") {
  temp_dir dir;
  const auto data = dir.path() / "data";
  std::filesystem::create_directories(data / "postgres.new" / "base");
  std::ofstream(data / "postgres.new" / "PG_VERSION") << "15\n";
  ::chmod(data.c_str(), 0711);
  {
    embedded_postgres pg{options_for(data)};
    CHECK_FALSE(std::filesystem::exists(data / "postgres.new"));
    CHECK(pg.running());
  }
  const auto other = dir.path() / "other";
  std::filesystem::create_directories(other / "postgres");
  ::chmod(other.c_str(), 0711);
  std::ofstream(other / "postgres" / "photo.jpg") << "x";
  CHECK_THAT(refusal(options_for(other)), Contains("no PostgreSQL cluster"));
  CHECK(std::filesystem::exists(other / "postgres" / "photo.jpg"));
  auto o = options_for(dir.path() / "third");
  o.bin_dir = "/nowhere/bin";
  CHECK_THAT(refusal(o), Contains("/nowhere/bin"));
}

TEST_CASE("long paths get a socket elsewhere", "[embedded]") {
  temp_dir dir;
  const auto data = dir.path() / std::string(100, 'd');
  std::string socket;
  {
    embedded_postgres pg{options_for(data)};
    CHECK_NOTHROW(plain_connection{pg.connection_string()}.run("select 1"));
    CHECK(embedded_postgres::attach(data) == pg.connection_string());
    const auto text = pg.connection_string();
    const auto from = text.find("host='") + 6;
    socket = text.substr(from, text.find('\'', from) - from);
    CHECK(socket.size() < 60);
  }
  std::filesystem::remove_all(socket);
}

TEST_CASE("a directory that the database's user cannot enter is named", "[embedded]") {
  if (::geteuid() != 0) return;
  temp_dir dir;
  const auto closed = dir.path() / "closed";
  std::filesystem::create_directories(closed);
  ::chmod(closed.c_str(), 0700);
  CHECK_THAT(refusal(options_for(closed / "data")), Contains(closed.string()) && Contains("cannot enter"));
}
