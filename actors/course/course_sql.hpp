// The pieces that every write of a course begins and ends with: :p1 the course, :p2 the version seen, :p3 the time.
#pragma once

#include "stoa/events.hpp"

#define STOA_ROOT                                                                    \
  "root as (update course set version = version + 1, updated_at = :p3::timestamptz " \
  "where id = :p1::uuid and version = :p2::bigint returning id, version)"
#define STOA_TOLD(EVENTS) "told as (" STOA_TELL(EVENTS) ", root)"
