#include "runtime/store/session.hpp"

#include <poll.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>
#include <sys/socket.h>

#include <chrono>
#include <cstring>
#include <deque>
#include <unordered_map>

namespace stoa::runtime {

namespace {

using steady = std::chrono::steady_clock;

std::int64_t steady_us() { return std::chrono::duration_cast<microseconds>(steady::now().time_since_epoch()).count(); }

/// All cells of an answer in one block: end offsets first, then the text. A cell's top bit says null.
class compact_rows final : public rows::source {
 public:
  explicit compact_rows(const PGresult* r)
      : count_(static_cast<std::size_t>(PQntuples(r))), columns_(static_cast<std::size_t>(PQnfields(r))) {
    const std::size_t cells = count_ * columns_;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < count_; ++i)
      for (std::size_t k = 0; k < columns_; ++k)
        bytes += static_cast<std::size_t>(PQgetlength(r, static_cast<int>(i), static_cast<int>(k)));
    if (bytes >= null_bit) throw std::length_error("the answer is too large");
    ends_ = std::make_unique_for_overwrite<std::uint32_t[]>(cells + (bytes + 3) / 4);
    text_ = reinterpret_cast<char*>(ends_.get() + cells);
    std::uint32_t end = 0;
    std::size_t cell = 0;
    for (std::size_t i = 0; i < count_; ++i) {
      for (std::size_t k = 0; k < columns_; ++k, ++cell) {
        const int row = static_cast<int>(i);
        const int column = static_cast<int>(k);
        if (PQgetisnull(r, row, column)) {
          ends_[cell] = end | null_bit;
          continue;
        }
        const auto length = static_cast<std::size_t>(PQgetlength(r, row, column));
        std::memcpy(text_ + end, PQgetvalue(r, row, column), length);
        end += static_cast<std::uint32_t>(length);
        ends_[cell] = end;
      }
    }
  }

  std::size_t count() const override { return count_; }
  bool null(std::size_t row, std::size_t column) const override { return ends_[cell(row, column)] & null_bit; }
  std::string_view text(std::size_t row, std::size_t column) const override {
    const std::size_t c = cell(row, column);
    const std::size_t begin = c ? ends_[c - 1] & ~null_bit : 0;
    return {text_ + begin, (ends_[c] & ~null_bit) - begin};
  }

 private:
  static constexpr std::uint32_t null_bit = 0x8000'0000u;

  std::size_t cell(std::size_t row, std::size_t column) const {
    if (row >= count_ || column >= columns_) throw std::runtime_error("database column out of range");
    return row * columns_ + column;
  }

  std::size_t count_;
  std::size_t columns_;
  std::unique_ptr<std::uint32_t[]> ends_;
  char* text_;
};

/// Marks the watch for as long as a call to the server lasts.
class waiting {
 public:
  explicit waiting(session_watch& w) : watch_(w) { watch_.busy(true); }
  ~waiting() { watch_.busy(false); }
  waiting(const waiting&) = delete;
  waiting& operator=(const waiting&) = delete;

 private:
  session_watch& watch_;
};

bool hangs_up(std::string_view sqlstate) {
  // Shutdowns, crashes and lost connections; 25006 is a server that has become a standby.
  return sqlstate.starts_with("08") || sqlstate.starts_with("57P0") || sqlstate == "25006";
}

/// The server's words only where they cannot hold values: schema mistakes, constraints, our own RAISE.
std::string safe_message(std::string_view sqlstate, const PGresult* r) {
  const char* primary = r ? PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY) : nullptr;
  if (primary && (sqlstate.starts_with("42") || sqlstate.starts_with("23") || sqlstate == "P0001")) return primary;
  return "statement refused with SQLSTATE " + std::string(sqlstate);
}

std::string field_of(const PGresult* r, int field) {
  const char* text = r ? PQresultErrorField(r, field) : nullptr;
  return text ? text : "";
}

// SOCI does not export the type information of its backends, which the sanitizer's check of dynamic types would ask
// for: only these two functions touch them.
#define STOA_NO_TYPE_CHECK __attribute__((no_sanitize("vptr")))

STOA_NO_TYPE_CHECK PGconn*& connection_of(soci::session& sql) {
  return static_cast<soci::postgresql_session_backend*>(sql.get_backend())->conn_;
}

struct statement_parts {
  soci::details::postgresql_result& result;
  const std::vector<std::string>& names;
  const std::string& server_name;
};

STOA_NO_TYPE_CHECK statement_parts backend_of(soci::statement& handle) {
  auto* backend = static_cast<soci::postgresql_statement_backend*>(handle.get_backend());
  return {backend->result_, backend->names_, backend->statementName_};
}

#undef STOA_NO_TYPE_CHECK

struct prepared {
  prepared(soci::session& sql, const statement& s) : text(s.sql), handle(sql) {}

  std::string text;
  soci::statement handle;
  soci::details::postgresql_result* result = nullptr;
  std::string server_name;         ///< what PREPARE called it
  std::vector<std::size_t> order;  ///< which value each of the server's $1, $2, ... is
  // Bound by address: never resized after binding.
  std::vector<std::string> texts;
  std::vector<soci::indicator> indicators;
  histogram* seconds_taken = nullptr;
  counter* errors = nullptr;
};

/// How many values a statement wants, from the names SOCI's parser found in it.
std::size_t placeholders(const statement& s, const std::vector<std::string>& names) {
  std::size_t most = 0;
  for (const auto& name : names) {
    std::size_t n = 0;
    for (std::size_t i = 1; i < name.size() && n < 1000; ++i)
      n = name[i] >= '0' && name[i] <= '9' ? n * 10 + static_cast<std::size_t>(name[i] - '0') : 1000;
    if (name.size() < 2 || name[0] != 'p' || n == 0 || n >= 1000)
      throw std::logic_error(std::string("statement ") + s.name + " has a placeholder ':" + name + "' that is not :pN");
    most = std::max(most, n);
  }
  return most;
}

struct name_hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view s) const noexcept { return std::hash<std::string_view>{}(s); }
};

}  // namespace

sql_error::sql_error(std::string sqlstate, const std::string& message, std::string constraint, const char* statement,
                     bool lost)
    : db_error(std::move(sqlstate), message), constraint_(std::move(constraint)), statement_(statement), lost_(lost) {}
sql_error::~sql_error() = default;

void session_watch::opened(int socket) {
  const std::lock_guard lock{mutex_};
  socket_ = socket;
  cut_.store(false, std::memory_order_relaxed);
}

void session_watch::closed() {
  const std::lock_guard lock{mutex_};
  socket_ = -1;
}

void session_watch::busy(bool on) noexcept { busy_since_us_.store(on ? steady_us() : 0, std::memory_order_relaxed); }

void session_watch::cut_if_slower_than(milliseconds limit) noexcept {
  const auto since = busy_since_us_.load(std::memory_order_relaxed);
  if (since && steady_us() - since > microseconds{limit}.count()) cut();
}

void session_watch::cut() noexcept {
  const std::lock_guard lock{mutex_};
  if (socket_ < 0) return;
  cut_.store(true, std::memory_order_relaxed);
  ::shutdown(socket_, SHUT_RDWR);
}

struct session::impl {
  impl(const std::string& conninfo, session_watch& w, stoa::metrics* m)
      : watch(w), meters(m), sql(soci::postgresql, conninfo) {
    conn = &connection_of(sql);
    PQsetNoticeProcessor(
        *conn, [](void*, const char*) {}, nullptr);
    watch.opened(PQsocket(*conn));
    if (meters) {
      commit_seconds =
          &meters->distribution("stoa_statement_seconds", "Time a statement took", {{"statement", "commit"}});
    }
  }
  ~impl() {
    watch.closed();
    // Hang up before the kept statements go: each would send a DEALLOCATE of its own, to a server that may be gone.
    PQfinish(*conn);
    *conn = nullptr;
    kept.clear();
  }

  bool broken() const { return PQstatus(*conn) == CONNECTION_BAD; }

  prepared& prepare(const statement& s) {
    const auto found = kept.find(std::string_view(s.name));
    if (found != kept.end()) {
      if (found->second->text == s.sql) return *found->second;
      kept.erase(found);  // another statement of the same name
    }
    auto p = std::make_unique<prepared>(sql, s);
    p->handle.alloc();
    p->handle.prepare(p->text, soci::details::st_repeatable_query);
    const auto made = backend_of(p->handle);
    p->result = &made.result;
    p->server_name = made.server_name;
    const std::size_t count = placeholders(s, made.names);
    for (const auto& name : made.names) p->order.push_back(std::stoul(name.substr(1)) - 1);
    p->texts.resize(count);
    p->indicators.resize(count, soci::i_ok);
    for (std::size_t i = 0; i < count; ++i)
      p->handle.exchange(soci::use(p->texts[i], p->indicators[i], "p" + std::to_string(i + 1)));
    p->handle.define_and_bind();
    if (meters) {
      const metric_labels labels{{"statement", s.name}};
      p->seconds_taken = &meters->distribution("stoa_statement_seconds", "Time a statement took", labels);
      p->errors = &meters->count("stoa_statement_errors_total", "Statements that PostgreSQL refused", labels);
    }
    return *kept.emplace(s.name, std::move(p)).first->second;
  }

  static void check(const prepared& p, const statement& s, const values& v) {
    if (v.size() != p.texts.size())
      throw std::logic_error(std::string("statement ") + s.name + " wants " + std::to_string(p.texts.size()) +
                             " values and got " + std::to_string(v.size()));
    // The protocol ends a text at its first NUL: it would be stored cut off.
    for (const auto& one : v)
      if (one.text() && one.text()->find('\0') != std::string::npos)
        throw sql_error("22021", "a text value holds a NUL character", "", s.name, false);
  }

  void bind(prepared& p, const statement& s, const values& v) {
    check(p, s, v);
    for (std::size_t i = 0; i < v.size(); ++i) {
      const auto& text = v[i].text();
      p.indicators[i] = text ? soci::i_ok : soci::i_null;
      if (text) p.texts[i] = *text;
    }
  }

  prepared& prepare_or_throw(const statement& s) {
    try {
      const waiting w{watch};
      return prepare(s);
    } catch (const soci::postgresql_soci_error& e) {
      const std::string state = e.sqlstate();
      const bool lost = broken() || hangs_up(state);
      // A statement that cannot be prepared has no values in its message yet.
      throw sql_error(lost ? "08006" : state, e.what(), "", s.name, lost);
    } catch (const soci::soci_error& e) {
      throw sql_error("08006", "the session is lost", "", s.name, true);
    }
  }

  /// SOCI leaves the buffers of a failed execution behind; bound anew, the statement can be executed again.
  void after_failure(prepared& p) {
    p.handle.undefine_and_bind();
    p.handle.define_and_bind();
  }

  void trim(prepared& p) {
    constexpr std::size_t keep = 64 * 1024;
    for (auto& text : p.texts)
      if (text.capacity() > keep) std::string().swap(text);
  }

  sql_error error_of(const char* name, const soci::soci_error& e, const PGresult* r) const {
    std::string state = field_of(r, PG_DIAG_SQLSTATE);
    if (state.empty()) {
      if (const auto* p = dynamic_cast<const soci::postgresql_soci_error*>(&e)) state = p->sqlstate();
      if (state.find_first_not_of(' ') == std::string::npos) state = "08006";
    }
    const bool lost = broken() || hangs_up(state);
    return {state, safe_message(state, r), field_of(r, PG_DIAG_CONSTRAINT_NAME), name, lost};
  }

  /// A command without values or rows.
  void command(const char* text, const char* expected_tag) {
    PGresult* raw = nullptr;
    {
      const waiting w{watch};
      raw = PQexec(*conn, text);
    }
    const std::unique_ptr<PGresult, void (*)(PGresult*)> r{raw, PQclear};
    if (PQresultStatus(raw) != PGRES_COMMAND_OK) {
      std::string state = field_of(raw, PG_DIAG_SQLSTATE);
      if (state.empty()) state = "08006";
      throw sql_error(state, safe_message(state, raw), field_of(raw, PG_DIAG_CONSTRAINT_NAME), text,
                      broken() || hangs_up(state));
    }
    // COMMIT of a transaction in which a statement has failed succeeds, with the tag ROLLBACK.
    if (std::strcmp(PQcmdStatus(raw), expected_tag) != 0)
      throw sql_error("25P02", "the transaction was rolled back", "", text, false);
  }

  session_watch& watch;
  stoa::metrics* meters;
  histogram* commit_seconds = nullptr;
  soci::session sql;
  PGconn** conn = nullptr;  // the backend's own
  std::unordered_map<std::string, std::unique_ptr<prepared>, name_hash, std::equal_to<>> kept;
};

session::session(const std::string& conninfo, session_watch& watch, stoa::metrics* meters) {
  try {
    impl_ = std::make_unique<impl>(conninfo, watch, meters);
  } catch (const soci::soci_error& e) {
    throw sql_error("08001", e.what(), "", "connect", true);
  }
}
session::~session() = default;

bool session::alive() noexcept {
  PGconn* conn = *impl_->conn;
  if (PQstatus(conn) != CONNECTION_OK) return false;
  pollfd p{PQsocket(conn), POLLRDHUP, 0};
  return ::poll(&p, 1, 0) <= 0;
}

rows session::run(const statement& s, const values& v) {
  prepared* p = &impl_->prepare_or_throw(s);
  impl_->bind(*p, s, v);
  const auto started = steady::now();
  try {
    const waiting w{impl_->watch};
    p->handle.execute(false);
  } catch (const soci::soci_error& e) {
    if (p->errors) p->errors->add();
    const sql_error error = impl_->error_of(s.name, e, p->result->get_result());
    p->result->reset();
    if (error.stale_plan())
      impl_->kept.erase(impl_->kept.find(std::string_view(s.name)));
    else
      impl_->after_failure(*p);
    throw error;
  }
  if (p->seconds_taken) p->seconds_taken->observe(std::chrono::duration<double>(steady::now() - started).count());
  rows answer;
  const PGresult* r = p->result->get_result();
  if (PQntuples(r) > 0) answer = rows(std::make_shared<compact_rows>(r));
  p->result->reset();
  impl_->trim(*p);
  return answer;
}

std::vector<rows> session::run_group(const std::vector<call>& calls) {
  std::vector<prepared*> statements;
  for (const auto& c : calls) {
    statements.push_back(&impl_->prepare_or_throw(*c.what));
    impl::check(*statements.back(), *c.what, *c.bound);
  }
  const auto started = steady::now();
  PGconn* conn = *impl_->conn;
  const auto broken_off = [&] { return sql_error("08006", "the session is lost", "", "group", true); };
  const waiting w{impl_->watch};
  if (!PQenterPipelineMode(conn)) throw broken_off();
  bool sent = PQsendQueryParams(conn, "BEGIN", 0, nullptr, nullptr, nullptr, nullptr, 0);
  std::vector<const char*> texts;
  for (std::size_t i = 0; i < calls.size() && sent; ++i) {
    texts.clear();
    for (const auto at : statements[i]->order) {
      const auto& text = (*calls[i].bound)[at].text();
      texts.push_back(text ? text->c_str() : nullptr);
    }
    sent = PQsendQueryPrepared(conn, statements[i]->server_name.c_str(), static_cast<int>(texts.size()), texts.data(),
                               nullptr, nullptr, 0);
  }
  sent = sent && PQsendQueryParams(conn, "COMMIT", 0, nullptr, nullptr, nullptr, nullptr, 0) && PQpipelineSync(conn);
  if (!sent) throw broken_off();

  std::vector<rows> answers;
  std::optional<sql_error> failed;
  // BEGIN, the statements and COMMIT answer in order, each with a null behind it; the sync comes last.
  for (std::size_t i = 0; i < calls.size() + 2; ++i) {
    const std::unique_ptr<PGresult, void (*)(PGresult*)> r{PQgetResult(conn), PQclear};
    const auto status = PQresultStatus(r.get());
    const bool is_call = i > 0 && i <= calls.size();
    const char* name = is_call ? calls[i - 1].what->name : "commit";
    if (!r || status == PGRES_FATAL_ERROR) {
      std::string state = field_of(r.get(), PG_DIAG_SQLSTATE);
      if (state.empty()) state = "08006";
      const bool lost = impl_->broken() || hangs_up(state);
      if (lost) throw sql_error(state, "the session is lost", "", name, true);
      if (!failed) failed.emplace(state, safe_message(state, r.get()), "", name, false);
    } else if (is_call && (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)) {
      answers.push_back(PQntuples(r.get()) > 0 ? rows(std::make_shared<compact_rows>(r.get())) : rows());
    } else if (i > calls.size() && status == PGRES_COMMAND_OK && std::strcmp(PQcmdStatus(r.get()), "COMMIT") != 0) {
      failed.emplace("25P02", "the transaction was rolled back", "", name, false);
    }
    if (PQgetResult(conn) != nullptr) throw broken_off();
  }
  const std::unique_ptr<PGresult, void (*)(PGresult*)> sync{PQgetResult(conn), PQclear};
  if (PQresultStatus(sync.get()) != PGRES_PIPELINE_SYNC || !PQexitPipelineMode(conn)) throw broken_off();
  if (failed) {
    if (!rollback()) throw broken_off();
    throw *failed;
  }
  if (answers.size() != calls.size()) throw broken_off();
  const double each =
      std::chrono::duration<double>(steady::now() - started).count() / static_cast<double>(calls.size());
  for (auto* p : statements)
    if (p->seconds_taken) p->seconds_taken->observe(each);
  return answers;
}

void session::begin() { impl_->command("BEGIN", "BEGIN"); }

void session::commit() {
  const auto started = steady::now();
  impl_->command("COMMIT", "COMMIT");
  if (impl_->commit_seconds)
    impl_->commit_seconds->observe(std::chrono::duration<double>(steady::now() - started).count());
}

bool session::rollback() noexcept {
  try {
    impl_->command("ROLLBACK", "ROLLBACK");
    return true;
  } catch (...) {
    return false;
  }
}

}  // namespace stoa::runtime
