"""Measurements that anybody can repeat; none is a test."""
