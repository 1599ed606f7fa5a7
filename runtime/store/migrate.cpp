#include "runtime/store/migrate.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string_view>
#include <tuple>

#include "runtime/store/conninfo.hpp"
#include "runtime/store/plain.hpp"
#include "runtime/store/sql_text.hpp"
#include "stoa/db.hpp"

namespace stoa::runtime {

namespace {

namespace fs = std::filesystem;

/// The advisory lock of everyone who migrates.
constexpr const char* migration_lock = "5431279021";

struct script {
  migration id;
  std::string sql;
};

std::string sha256_hex(const std::string& bytes) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest);
  std::string hex;
  for (const unsigned char b : digest) {
    char two[3];
    std::snprintf(two, sizeof two, "%02x", b);
    hex += two;
  }
  return hex;
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(in), {}};
  if (!in && !in.eof()) throw migration_error("cannot read " + path.string());
  return bytes;
}

/// `0001_name.sql`
bool numbered(std::string_view name) {
  constexpr std::size_t tail = 4;
  if (name.size() < 6 + tail || name[4] != '_') return false;
  const auto digit = [](unsigned char c) { return std::isdigit(c) != 0; };
  const auto word = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-'; };
  return std::all_of(name.begin(), name.begin() + 4, digit) && std::all_of(name.begin() + 5, name.end() - tail, word);
}

/// The folder's files by number; throws where numbers are missing or double.
std::vector<script> read_folder(const fs::path& folder) {
  if (!fs::is_directory(folder)) throw migration_error("no folder of migrations at " + folder.string());
  std::vector<script> scripts;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_regular_file() || entry.path().extension() != ".sql") continue;
    if (!numbered(name)) throw migration_error(entry.path().string() + " is not named like 0001_name.sql");
    script s;
    s.sql = read_file(entry.path());
    s.id = {std::stoi(name.substr(0, 4)), name, sha256_hex(s.sql)};
    scripts.push_back(std::move(s));
  }
  std::sort(scripts.begin(), scripts.end(), [](const script& a, const script& b) {
    return std::tie(a.id.version, a.id.name) < std::tie(b.id.version, b.id.name);
  });
  int expected = 1;
  for (const auto& s : scripts) {
    if (s.id.version == expected - 1)
      throw migration_error("number " + s.id.name.substr(0, 4) + " is used twice in " + folder.string() + ", by " +
                            s.id.name + " as well");
    if (s.id.version != expected) {
      char wanted[16];
      std::snprintf(wanted, sizeof wanted, "%04d", expected);
      throw migration_error("migration " + std::string(wanted) + " is missing in " + folder.string() + ": expected " +
                            wanted + "_..., found " + s.id.name);
    }
    ++expected;
  }
  return scripts;
}

std::map<int, migration> recorded(plain_connection& db, const std::string& scope) {
  std::map<int, migration> found;
  if (!db.run("select to_regclass('public.stoa_migration')").front().front()) return found;
  for (const auto& row :
       db.run("select version, name, checksum from public.stoa_migration where scope = $1", {scope})) {
    const int version = std::stoi(row[0].value());
    found[version] = {version, row[1].value(), row[2].value()};
  }
  return found;
}

/// Which scripts are new; throws where the old ones are not what was applied.
std::vector<script> unapplied(std::vector<script> scripts, const std::map<int, migration>& applied,
                              const migrate_options& o) {
  for (const auto& [version, was] : applied) {
    const auto at = std::find_if(scripts.begin(), scripts.end(), [v = version](auto& s) { return s.id.version == v; });
    if (at == scripts.end() && (scripts.empty() || version > scripts.back().id.version))
      throw migration_error("the database is newer than this program: migration " + was.name + " of " + o.scope +
                            " was applied, and the newest in " + o.folder.string() + " is " +
                            (scripts.empty() ? std::string("none") : scripts.back().id.name) +
                            ". Start the version that applied it, or a newer one; to go back, restore the backup from "
                            "before the upgrade");
    if (at == scripts.end())
      throw migration_error("migration " + was.name + " of " + o.scope + " was applied, but its file is missing in " +
                            o.folder.string() + ": expected checksum " + was.checksum + ", found no file");
    if (at->id.checksum != was.checksum || at->id.name != was.name)
      throw migration_error("migration " + (o.folder / at->id.name).string() + " of " + o.scope +
                            " was changed after it had been applied: expected " + was.name + " with checksum " +
                            was.checksum + ", found " + at->id.name + " with checksum " + at->id.checksum);
  }
  if (!applied.empty()) {
    const int newest = applied.rbegin()->first;
    std::erase_if(scripts, [&](const script& s) { return s.id.version <= newest; });
  }
  return scripts;
}

void check_scope(const std::string& scope) {
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; };
  if (scope.empty() || scope.size() > 48 || scope[0] < 'a' || scope[0] > 'z' ||
      !std::all_of(scope.begin(), scope.end(), allowed))
    throw migration_error("'" + scope + "' is no scope of migrations");
}

std::string admin_conninfo(const migrate_options& o) {
  conninfo info = parse_conninfo(o.connection);
  info.emplace("connect_timeout", "5");
  info.emplace("application_name", "stoa migrate");
  info["client_encoding"] = "UTF8";
  // A long index build is no mistake; waiting for a lock without end is.
  info["options"] += " -c TimeZone=UTC -c statement_timeout=0 -c client_min_messages=warning -c lock_timeout=" +
                     std::to_string(milliseconds{o.lock_wait}.count());
  return write_conninfo(info);
}

void apply(plain_connection& db, const script& s, const migrate_options& o) {
  const fs::path file = o.folder / s.id.name;
  const std::string schema = migration_schema(o.scope);
  db.run("begin");
  try {
    // A script sees every row, also behind the policies of those before it.
    db.run("set local stoa.acting = 'system'");
    if (schema != "public") db.run("set local search_path = " + db.identifier(schema) + ", public");
    if (!o.role.empty()) {
      if (changes_role(s.sql))
        throw migration_error("migration " + file.string() + " changes its role: it runs in the role " + o.role +
                              ", which owns the schema " + schema + "; leave SET ROLE and its like out");
      db.run("set local role " + db.identifier(o.role));
    }
    db.run(s.sql);
    if (!db.in_transaction())
      throw migration_error("migration " + file.string() + " ends its transaction: leave BEGIN and COMMIT out");
    if (!o.role.empty()) db.run("set local role none");
    db.run("insert into public.stoa_migration (scope, version, name, checksum) values ($1, $2::int, $3, $4)",
           {o.scope, std::to_string(s.id.version), s.id.name, s.id.checksum});
    db.run("commit");
  } catch (const db_error& e) {
    const bool forbidden = !o.role.empty() && e.sqlstate() == "42501";
    throw migration_error("migration " + file.string() + " failed: " + e.what() +
                          (forbidden ? " (it runs in the role " + o.role + ", which has the schema " + schema +
                                           " and nothing of the core's tables)"
                                     : ""));
  }
}

}  // namespace

std::string migration_schema(const std::string& scope) {
  if (scope == "core") return "public";
  std::string schema = "plugin_" + scope;
  std::replace(schema.begin(), schema.end(), '-', '_');
  return schema;
}

std::vector<migration> migrate(const migrate_options& o) {
  check_scope(o.scope);
  auto scripts = read_folder(o.folder);
  // The lock is the session's: it ends with the connection, however this function ends.
  plain_connection db{admin_conninfo(o)};
  try {
    db.run(std::string("select pg_advisory_lock(") + migration_lock + ")");
  } catch (const db_error& e) {
    if (e.sqlstate() != "55P03") throw;
    throw migration_error("another process is migrating this database and did not finish within " +
                          std::to_string(o.lock_wait.count()) + " s");
  }
  // Asked first: "if not exists" wants the right to create also where there is nothing to do.
  const bool begun = db.run("select to_regclass('public.stoa_migration')").front().front().has_value();
  if (!begun && !o.only_check)
    db.run(
        "create table public.stoa_migration ("
        "  scope text not null,"
        "  version int not null,"
        "  name text not null,"
        "  checksum text not null,"
        "  applied_at timestamptz not null default now(),"
        "  primary key (scope, version))");
  std::vector<migration> applied;
  auto todo = unapplied(std::move(scripts), recorded(db, o.scope), o);
  const std::string schema = migration_schema(o.scope);
  if (!todo.empty() && o.only_check) {
    std::string names;
    for (const auto& s : todo) names += (names.empty() ? "" : ", ") + s.id.name;
    throw migration_error("migrations of " + o.scope + " are not applied: " + names +
                          ". Run `stoa migrate` as a role that may, then start again");
  }
  if (schema != "public" && o.role.empty() &&
      db.run("select 1 from pg_namespace where nspname = $1", {schema}).empty() && !o.only_check)
    db.run("create schema " + db.identifier(schema));
  for (const auto& s : todo) {
    apply(db, s, o);
    if (o.log) o.log->info("migration applied", {{"scope", o.scope}, {"file", s.id.name}});
    applied.push_back(s.id);
  }
  if (o.afterwards) o.afterwards(db);
  return applied;
}

std::vector<migration> pending(const migrate_options& o) {
  check_scope(o.scope);
  auto scripts = read_folder(o.folder);
  plain_connection db{admin_conninfo(o)};
  std::vector<migration> missing;
  for (auto& s : unapplied(std::move(scripts), recorded(db, o.scope), o)) missing.push_back(std::move(s.id));
  return missing;
}

}  // namespace stoa::runtime
