#include "testing/throwaway_database.hpp"

#include <libpq-fe.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <fstream>
#include <iterator>
#include <mutex>
#include <stdexcept>

#include "cluster.hpp"

namespace stoa::testing {
namespace fs = std::filesystem;
namespace {

struct end_result {
  void operator()(PGresult* r) const { PQclear(r); }
};
using answer_ptr = std::unique_ptr<PGresult, end_result>;

/// What PostgreSQL refused, with the name of the constraint.
class refused final : public db_error {
 public:
  refused(const std::string& state, const std::string& message, std::string constraint)
      : db_error(state, message), constraint(std::move(constraint)) {}
  ~refused() override;
  std::string constraint;
};
refused::~refused() = default;

class answer_source final : public rows::source {
 public:
  explicit answer_source(answer_ptr r) : result_(std::move(r)) {}
  ~answer_source() override = default;
  std::size_t count() const override { return static_cast<std::size_t>(PQntuples(result_.get())); }
  bool null(std::size_t row, std::size_t column) const override {
    return PQgetisnull(result_.get(), static_cast<int>(row), static_cast<int>(column)) != 0;
  }
  std::string_view text(std::size_t row, std::size_t column) const override {
    const int r = static_cast<int>(row), c = static_cast<int>(column);
    return {PQgetvalue(result_.get(), r, c), static_cast<std::size_t>(PQgetlength(result_.get(), r, c))};
  }

 private:
  answer_ptr result_;
};

/// `:p1` becomes `$1`; texts, comments and casts stay as they are.
std::string numbered(std::string_view sql) {
  std::string out;
  for (std::size_t i = 0; i < sql.size();) {
    const char c = sql[i];
    std::size_t end = i + 1;
    if (c == '\'' || c == '"')
      end = std::min(sql.find(c, i + 1), sql.size() - 1) + 1;
    else if (c == '-' && sql.substr(i, 2) == "--")
      end = std::min(sql.find('\n', i), sql.size());
    else if (sql.substr(i, 2) == "::")
      end = i + 2;
    else if (sql.substr(i, 2) == ":p" && i + 2 < sql.size() && std::isdigit(static_cast<unsigned char>(sql[i + 2]))) {
      out += '$';
      i += 2;
      continue;
    }
    out += sql.substr(i, end - i);
    i = end;
  }
  return out;
}

class session {
 public:
  explicit session(const std::string& where) : handle_(PQconnectdb(where.c_str())) {
    if (PQstatus(handle_) != CONNECTION_OK) {
      const std::string why = PQerrorMessage(handle_);
      PQfinish(handle_);
      throw std::runtime_error("no connection to PostgreSQL: " + why);
    }
    PQsetNoticeProcessor(
        handle_, [](void*, const char*) {}, nullptr);
  }
  ~session() { PQfinish(handle_); }
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  rows ask(const std::string& sql, const values& v) {
    std::vector<const char*> texts;
    for (const auto& one : v) texts.push_back(one.text() ? one.text()->c_str() : nullptr);
    return take(
        PQexecParams(handle_, sql.c_str(), static_cast<int>(texts.size()), nullptr, texts.data(), nullptr, nullptr, 0));
  }
  /// Several statements without values.
  rows script(const std::string& sql) { return take(PQexec(handle_, sql.c_str())); }

 private:
  static rows take(PGresult* raw) {
    answer_ptr r(raw);
    const auto status = PQresultStatus(r.get());
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
      return rows(std::make_shared<answer_source>(std::move(r)));
    const auto field = [&](int name) {
      const char* text = PQresultErrorField(r.get(), name);
      return std::string(text ? text : "");
    };
    throw refused(field(PG_DIAG_SQLSTATE), PQresultErrorMessage(r.get()), field(PG_DIAG_CONSTRAINT_NAME));
  }
  PGconn* handle_;
};

/// The words in which a server's store would refuse.
fault fault_of(const refused& e) {
  const auto& state = e.sqlstate();
  if (e.unique_violation()) return {fault_kind::conflict, e.constraint, "This already exists."};
  if (e.foreign_key_violation())
    return {fault_kind::conflict, e.constraint, "Something this refers to does not exist, or is still in use."};
  if (state == "22021") return {fault_kind::invalid, "INVALID_TEXT", "A text holds characters that cannot be stored."};
  if (state.starts_with("22"))
    return {fault_kind::invalid, "INVALID_VALUE", "A value has a size or form that cannot be stored."};
  return {fault_kind::internal, "INTERNAL_ERROR", e.what()};  // a test wants to know why
}

class plugin_connection final : public connection {
 public:
  explicit plugin_connection(session& s) : session_(s) {}
  rows run(const statement& s, const values& v) override { return session_.ask(numbered(s.sql), v); }

 private:
  session& session_;
};

std::string read_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void apply_all(session& s, const fs::path& folder, const std::string& before) {
  if (!fs::is_directory(folder)) throw std::runtime_error("no folder of migrations at " + folder.string());
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".sql") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    try {
      s.script("begin;" + before + read_file(file) + ";commit");
    } catch (const db_error& e) {
      throw std::runtime_error("migration " + file.string() + " failed: " + e.what());
    }
  }
}

/// A database with the core's tables, of which every test's is a copy.
const std::string& core_template() {
  static const std::string name = [] {
    const std::string made = "stoa_core_" + std::to_string(::getpid());
    session(cluster::shared().connection("postgres")).script("create database " + made);
    session core(cluster::shared().connection(made));
    apply_all(core, core_migrations(), "");
    return made;
  }();
  return name;
}

}  // namespace

struct throwaway_database::state {
  std::string name, role, where;
  std::mutex mutex;  // one statement or transaction at a time
  std::unique_ptr<session> open;

  void begin(const acting& who) {
    open->script("begin");
    open->ask("select set_config('stoa.acting', $1, true), set_config('role', $2, true)", {who.text(), role});
  }
  /// What `work` gives, committed; or why it was rolled back.
  template <class Work>
  auto guarded(const acting& who, Work&& work) -> decltype(work(*open)) {
    const std::lock_guard lock{mutex};
    try {
      begin(who);
      auto out = work(*open);
      open->script(out ? "commit" : "rollback");
      return out;
    } catch (const refused& e) {
      open->script("rollback");
      return fault_of(e);
    } catch (const fault_error& e) {
      open->script("rollback");
      return e.what_fault();
    } catch (const std::exception& e) {
      open->script("rollback");
      return fault(fault_kind::internal, "INTERNAL_ERROR", e.what());
    }
  }
};

throwaway_database::throwaway_database(std::string plugin_id, const fs::path& migrations)
    : state_(std::make_unique<state>()) {
  static std::atomic<int> made{0};
  auto& s = *state_;
  s.name = "stoa_test_" + std::to_string(::getpid()) + "_" + std::to_string(++made);
  s.role = "plugin_" + plugin_id;
  std::replace(s.role.begin(), s.role.end(), '-', '_');
  session maker(cluster::shared().connection("postgres"));
  maker.script("create database " + s.name + " template " + core_template());
  if (maker.ask("select 1 from pg_roles where rolname = $1", {s.role}).empty())
    maker.script("create role " + s.role + " nologin nosuperuser nobypassrls");
  s.where = cluster::shared().connection(s.name);
  s.open = std::make_unique<session>(s.where);
  s.open->script("set timezone = 'UTC'; create schema " + s.role + " authorization " + s.role +
                 "; grant insert on public.outbox to " + s.role +
                 "; grant insert, select (kind, key) on public.job to " + s.role);
  if (!migrations.empty())
    apply_all(*s.open, migrations, "set local role " + s.role + "; set local search_path = " + s.role + ", public;");
}

throwaway_database::~throwaway_database() {
  try {
    state_->open.reset();
    session(cluster::shared().connection("postgres")).script("drop database " + state_->name + " with (force)");
  } catch (const std::exception&) {  // the program's end takes it with it
  }
}

void throwaway_database::run(acting who, lane, const statement& s, values v,
                             std::function<void(result<rows>)> completion) {
  completion(state_->guarded(who, [&](session& open) -> result<rows> { return plugin_connection(open).run(s, v); }));
}

void throwaway_database::transact(acting who, lane, std::function<result<done>(connection&)> work,
                                  std::function<void(result<done>)> completion) {
  completion(state_->guarded(who, [&](session& open) -> result<done> {
    plugin_connection c(open);
    return work(c);
  }));
}

task<rows> throwaway_database::query(acting who, const statement& s, values v, lane) {
  auto found = state_->guarded(who, [&](session& open) -> result<rows> { return plugin_connection(open).run(s, v); });
  co_return co_await std::move(found);
}

task<done> throwaway_database::in_transaction(acting who, std::function<result<done>(connection&)> work, lane) {
  auto ended = state_->guarded(who, [&](session& open) -> result<done> {
    plugin_connection c(open);
    return work(c);
  });
  co_return co_await std::move(ended);
}

rows throwaway_database::look(const std::string& sql, const values& v) {
  const std::lock_guard lock{state_->mutex};
  return state_->open->ask(numbered(sql), v);
}

const std::string& throwaway_database::connection_string() const noexcept { return state_->where; }

}  // namespace stoa::testing
