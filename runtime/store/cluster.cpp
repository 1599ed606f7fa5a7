#include "runtime/store/cluster.hpp"

#include <openssl/sha.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>
#include <vector>

#include "runtime/store/conninfo.hpp"
#include "runtime/store/embedded.hpp"
#include "runtime/store/process.hpp"

namespace stoa::runtime {

namespace {

namespace fs = std::filesystem;

constexpr int oldest_version = 15;
/// A unix socket's address holds 107 bytes and a NUL; PostgreSQL adds `/.s.PGSQL.5432`.
constexpr std::size_t longest_socket_dir = 107 - 14;

[[noreturn]] void give_up(const std::string& why) { throw embedded_error(why); }

int version_of(const fs::path& bin) {
  int version = 0;
  const std::string name = bin.parent_path().filename().string();
  std::from_chars(name.data(), name.data() + name.size(), version);
  return version;
}

/// libpq and PostgreSQL read directories of sockets as lists, with quotes and escapes of their own. What cannot be
/// misread needs none.
bool is_plain(const std::string& path) {
  return std::all_of(path.begin(), path.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("/._+-").find(c) != std::string_view::npos;
  });
}

}  // namespace

fs::path cluster_layout::socket_dir() const {
  const fs::path beside = data / "run";
  if (beside.string().size() <= longest_socket_dir && is_plain(beside.string())) return beside;
  unsigned char digest[SHA256_DIGEST_LENGTH];
  const std::string path = data.string();
  SHA256(reinterpret_cast<const unsigned char*>(path.data()), path.size(), digest);
  std::string name = "stoa-";
  for (int i = 0; i < 8; ++i) {
    char two[3];
    std::snprintf(two, sizeof two, "%02x", digest[i]);
    name += two;
  }
  return fs::path(::geteuid() == 0 && fs::is_directory("/run") ? "/run" : "/tmp") / name;
}

std::string cluster_layout::connection(const fs::path& socket, const std::string& user,
                                       const std::string& database) const {
  return write_conninfo({{"host", socket.string()}, {"port", "5432"}, {"user", user}, {"dbname", database}});
}

cluster_layout layout_of(const fs::path& data_dir) {
  std::error_code error;
  fs::path path = fs::weakly_canonical(fs::absolute(data_dir), error);
  if (error) path = fs::absolute(data_dir).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  return {path};
}

std::optional<postmaster_file> read_postmaster_file(const cluster_layout& at) {
  std::ifstream in(at.pid_file());
  if (!in) return std::nullopt;
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    while (!line.empty() && line.back() == ' ') line.pop_back();
    lines.push_back(line);
  }
  postmaster_file file;
  if (lines.empty()) return file;
  std::from_chars(lines[0].data(), lines[0].data() + lines[0].size(), file.pid);
  if (lines.size() > 4) file.socket_dir = lines[4];
  file.ready = lines.size() > 7 && lines[7] == "ready";
  return file;
}

bool serves_cluster(pid_t pid, const cluster_layout& at) {
  if (!process_lives(pid)) return false;
  const std::string proc = "/proc/" + std::to_string(pid);
  std::string name = read_text(proc + "/comm");
  while (!name.empty() && name.back() == '\n') name.pop_back();
  if (name != "postgres" && name != "postmaster") return false;
  std::error_code error;
  const fs::path works_in = fs::read_symlink(proc + "/cwd", error);
  if (!error) return works_in == at.cluster();
  return read_text(proc + "/cmdline").find(at.cluster().string()) != std::string::npos;
}

std::optional<postmaster_file> running_postmaster(const cluster_layout& at) {
  auto file = read_postmaster_file(at);
  if (!file || !serves_cluster(file->pid, at)) return std::nullopt;
  return file;
}

fs::path find_bin_dir(const cluster_layout& at, const fs::path& given) {
  if (!given.empty()) {
    if (!fs::exists(given / "postgres")) give_up("no PostgreSQL server program in " + given.string());
    return given;
  }
  int wanted = 0;
  const std::string made_by = read_text(at.cluster() / "PG_VERSION");
  std::from_chars(made_by.data(), made_by.data() + made_by.size(), wanted);
  fs::path best;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", error)) {
    const fs::path bin = entry.path() / "bin";
    if (!fs::exists(bin / "postgres") || !fs::exists(bin / "initdb")) continue;
    const int version = version_of(bin);
    if (wanted ? version == wanted : version >= oldest_version && (best.empty() || version > version_of(best)))
      best = bin;
  }
  if (!best.empty()) return best;
  if (wanted)
    give_up(at.cluster().string() + " was made by PostgreSQL " + std::to_string(wanted) +
            ", which is not installed: install postgresql-" + std::to_string(wanted) + " or migrate the cluster");
  give_up("no PostgreSQL " + std::to_string(oldest_version) +
          " or newer is installed under /usr/lib/postgresql: install the package postgresql");
}

std::string read_text(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string last_lines(const fs::path& path) {
  std::string text = read_text(path);
  if (text.size() > 1500) text.erase(0, text.size() - 1500);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace stoa::runtime
