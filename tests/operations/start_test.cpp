// Starts that wait, that fail, and that have strange names to deal with.
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>
#include <memory>

#include "runtime/store/cluster.hpp"
#include "runtime/store/conninfo.hpp"
#include "runtime/store/process.hpp"
#include "tests/runtime/store/test_postgres.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/server.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

/// A server that is not expected to become ready.
class attempt {
 public:
  explicit attempt(const std::vector<std::string>& more)
      : log_(folder_.path() / "log"), out_(::open(log_.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600)) {
    std::vector<std::string> argv{build_folder() / "stoa", "serve", "--data", data(), "--set", "admin.listen=off"};
    argv.insert(argv.end(), more.begin(), more.end());
    pid_ = runtime::spawn(argv, std::nullopt, out_.get());
  }
  ~attempt() {
    if (!status_ && pid_ > 0) {
      ::kill(pid_, SIGTERM);
      if (!runtime::wait_for(pid_, seconds{20})) ::kill(pid_, SIGKILL);
    }
  }
  std::filesystem::path data() const { return folder_.path() / "data"; }
  std::string log() const {
    std::ifstream in(log_);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  /// What it ended with; -1 where it did not in time, or was killed.
  int status(milliseconds patience) {
    if (!status_) status_ = runtime::wait_for(pid_, patience);
    return status_ && WIFEXITED(*status_) ? WEXITSTATUS(*status_) : -1;
  }
  void ask_to_end(int signal) const { ::kill(pid_, signal); }

 private:
  temp_dir folder_;
  std::filesystem::path log_;
  runtime::unique_fd out_;
  pid_t pid_ = 0;
  std::optional<int> status_;
};

/// A role that signs in with a password, which the cluster's own roles need not.
std::string with_password(test_postgres& at, const std::string& url, const std::string& password) {
  runtime::plain_connection db{at.server().superuser_connection_string("postgres")};
  db.run("create role locked login password '" + password + "'");
  db.run("grant stoa to locked");
  const std::filesystem::path hba = db.run("show hba_file").at(0).at(0).value();
  const auto before = runtime::read_text(hba);
  std::ofstream(hba, std::ios::trunc) << "local all locked scram-sha-256\n" << before;
  db.run("select pg_reload_conf()");
  auto info = runtime::parse_conninfo(url);
  info["user"] = "locked";
  info["password"] = "wrong";
  const auto refused = [&] {
    try {
      runtime::plain_connection{runtime::write_conninfo(info)};
      return false;
    } catch (const db_error&) {
      return true;
    }
  };
  REQUIRE(eventually(refused));
  info["password"] = password;
  return runtime::write_conninfo(info);
}

std::vector<std::string> external(const std::string& url) {
  return {"--listen", "127.0.0.1:0", "--set", "database.mode=external", "--set", "database.url=" + url};
}

}  // namespace

TEST_CASE("a password with blanks opens all sessions, and a wrong one ends the start at once", "[start]") {
  test_postgres own;
  const auto url = own.fresh_database();
  const auto right = with_password(own, url, "two  blanks,\ta \\ and more   ");
  runtime::plain_connection{own.server().superuser_connection_string(runtime::parse_conninfo(url)["dbname"])}.run(
      "grant all on schema public to locked");
  auto at = start_server({{"STOA_DATABASE_MODE", "external"}, {"STOA_DATABASE_URL", right}});
  CHECK(!fresh_account(*at).access.empty());
  CHECK(at->stop() == 0);

  auto info = runtime::parse_conninfo(right);
  info["password"] = "another";
  attempt wrong{external(runtime::write_conninfo(info))};
  CHECK(wrong.status(seconds{10}) == 1);
  CHECK(wrong.log().find("password authentication failed") != std::string::npos);
  CHECK(wrong.log().find("waiting for the database") == std::string::npos);
}

TEST_CASE("a data path with blanks, commas and backslashes is no matter", "[start]") {
  temp_dir folder;
  const auto data = folder.path() / "two  blanks, a \\ and it's  well";
  std::filesystem::create_directory(data);
  ::chmod(data.c_str(), 0711);
  server_options options;
  options.data = data;
  server at(options);
  CHECK(!fresh_account(at).access.empty());
  CHECK(at.stop() == 0);
}

TEST_CASE("who waits for the database says why, and obeys", "[start]") {
  temp_dir nobody;
  const int signal = GENERATE(SIGTERM, SIGINT);
  attempt waits{external("host=" + nobody.path().string() + " dbname=stoa user=stoa")};
  REQUIRE(eventually([&] { return waits.log().find("waiting for the database") != std::string::npos; }));
  CHECK(waits.log().find("No such file or directory") != std::string::npos);
  waits.ask_to_end(signal);
  CHECK(waits.status(seconds{8}) == 0);
}

TEST_CASE("a taken port is named with its address, before a database is made", "[start]") {
  const runtime::unique_fd taken{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  REQUIRE(::bind(taken.get(), reinterpret_cast<sockaddr*>(&at), size) == 0);
  REQUIRE(::listen(taken.get(), 1) == 0);
  REQUIRE(::getsockname(taken.get(), reinterpret_cast<sockaddr*>(&at), &size) == 0);
  const auto address = "127.0.0.1:" + std::to_string(ntohs(at.sin_port));
  attempt second{{"--listen", address}};
  CHECK(second.status(seconds{10}) == 1);
  CHECK(second.log().find("[http] listen: " + address + ": another program listens there") != std::string::npos);
  CHECK(!std::filesystem::exists(second.data() / "postgres"));
}

TEST_CASE("a full disk below the embedded database is called that", "[start]") {
  temp_dir folder;
  const auto disk = folder.path() / "disk";
  std::filesystem::create_directory(disk);
  // Needs the right to mount, which a container of tests need not have.
  if (::geteuid() != 0 || ::mount("none", disk.c_str(), "tmpfs", 0, "size=8m,mode=0711") != 0) {
    WARN("left out: no right to mount a small disk");
    return;
  }
  const auto unmount = std::shared_ptr<void>(nullptr, [&](void*) { ::umount2(disk.c_str(), MNT_DETACH); });
  const auto result = run_stoa({"migrate", "--data", disk / "data"});
  CHECK(result.status == 1);
  CHECK(result.errors.find("the disk of " + (disk / "data").string() + " is full") != std::string::npos);
}
