// The real server with a real PostgreSQL, as a child process of a suite.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/http_client.hpp"

namespace stoa::testing {

struct server_options {
  std::vector<std::pair<std::string, std::string>> environment = {};  ///< on top of the suite's own
  std::vector<std::string> arguments = {};                            ///< behind `serve --data D --listen L`
  std::filesystem::path data = {};  ///< kept and used again by whoever gives one; empty: a new one, removed at the end
  std::uint64_t open_files = 0;     ///< how many it may have, soft and hard; 0: as many as this program
};

class server {
 public:
  /// Starts it and waits until it says that it is ready; throws with its log where it does not. It ends with the thread
  /// that starts it: the kernel sees to that, lest a crashed suite leave it behind.
  explicit server(server_options options);
  /// Ends it: SIGTERM, and SIGKILL where that takes too long.
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  const std::string& url() const noexcept { return url_; }
  testing::client client() const { return testing::client(url_); }
  /// A client of the operators' listener.
  testing::client operators() const { return testing::client(admin_url_); }
  pid_t pid() const noexcept { return pid_; }
  const std::filesystem::path& data() const noexcept { return data_; }
  /// What it has written so far, both outputs.
  std::string log() const;
  bool running();

  /// The connection string of its database.
  std::string database() const;

  /// SIGTERM and the exit status; throws when it does not end in time.
  int stop(std::chrono::milliseconds patience = std::chrono::seconds{30});
  /// SIGKILL: its PostgreSQL lives on, for the next server of this directory.
  void kill();
  /// Once more with the same data and options, at a new port.
  void start();

 private:
  void reap(int status);
  server_options options_;
  bool own_data_ = false;
  std::filesystem::path data_, log_;
  std::string url_, admin_url_;
  pid_t pid_ = -1;
  int status_ = 0;
};

/// Where the executables lie: STOA_TEST_BUILD, or the folder of this one.
std::filesystem::path build_folder();

/// The one server of the suite: limits off, warnings only. Ends with the program.
server& shared_server();
/// A server for one test.
std::unique_ptr<server> start_server(std::vector<std::pair<std::string, std::string>> environment = {},
                                     std::vector<std::string> arguments = {});

/// Runs `stoa` with these arguments beside a server of that data directory, to its end.
struct command_result {
  int status = 0;
  std::string output;  ///< standard output
  std::string errors;
};
command_result run_stoa(std::vector<std::string> arguments);

/// Somebody with an account made at learnflow's door.
struct person {
  std::string email, password, id, access, refresh;
};
/// An address nobody has had.
std::string fresh_email(const std::string& front = "someone");
person account_at(const testing::client& to);
person fresh_account(const server& at);
person fresh_account();
/// The same with the role of an instructor, taken at apranova's door.
person fresh_instructor(const server& at);

}  // namespace stoa::testing
